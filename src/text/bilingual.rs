//! Labels in both languages: one line each, so that none can be without the other.

/// Makes an enum of labels, each with its English and its Vietnamese text.
macro_rules! bilingual {
    (
        $(#[$outer:meta])*
        $name:ident {
            $($(#[$doc:meta])* $variant:ident = $english:literal, $vietnamese:literal;)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every label.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The label in this language.
            pub fn text(self, language: $crate::text::Language) -> &'static str {
                let (english, vietnamese) = match self {
                    $(Self::$variant => ($english, $vietnamese),)*
                };
                language.pick(english, vietnamese)
            }
        }
    };
}

pub(super) use bilingual;
