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

/// Each `{}` of a text in turn replaced by a fact. Facts are quoted as they are: braces in them mean
/// nothing.
pub fn filled(template: &str, facts: &[String]) -> String {
    let mut parts = template.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut facts = facts.iter();
    for part in parts {
        out.push_str(facts.next().map_or("{}", String::as_str));
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn braces_in_a_fact_take_no_other_facts_place() {
        let facts = ["a {} b".to_owned(), "c".to_owned()];
        assert_eq!(filled("{} and {}, {}", &facts), "a {} b and c, {}");
    }
}
