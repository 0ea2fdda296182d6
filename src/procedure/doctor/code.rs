//! What is wrong, as a name that stays: the hub's own reason where the meaning is the same, and the rest.

use crate::model::Reason;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What is wrong. Published names are never reused for another meaning.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
            /// What the hub would say, or said.
            Hub(Reason),
        }

        impl Code {
            /// The name, `SCREAMING_SNAKE_CASE`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Hub(reason) => reason.as_str(),
                }
            }

            /// The codes that are not reasons of the hub.
            #[cfg(test)]
            const OWN: &[Self] = &[$(Self::$variant,)*];
        }
    };
}

codes! {
    /// The hub speaks another major version of the API.
    ApiVersion = "API_VERSION";
    /// A certificate ends within thirty days.
    CertificateExpiresSoon = "CERTIFICATE_EXPIRES_SOON";
    /// The hub's disk is nearly full.
    DiskLow = "DISK_LOW";
    /// A file does not hold what its name says.
    FileMalformed = "FILE_MALFORMED";
    /// A file of the identity is not there.
    FileMissing = "FILE_MISSING";
    /// A file is there and cannot be read.
    FileUnreadable = "FILE_UNREADABLE";
    /// Others than its owner may read a key.
    KeyExposed = "KEY_EXPOSED";
    /// A key is not the one in the certificate beside it.
    KeyMismatch = "KEY_MISMATCH";
    /// The host name has no address.
    NameUnknown = "NAME_UNKNOWN";
    /// A call gets no answer, or one that explains nothing.
    NoAnswer = "NO_ANSWER";
    /// Another service than a hub answers.
    NotAHub = "NOT_A_HUB";
    /// Whatever answers does not speak TLS.
    NotTls = "NOT_TLS";
    /// Nothing listens at the port.
    PortClosed = "PORT_CLOSED";
    /// No way leads to the port, or nothing comes back.
    PortUnreachable = "PORT_UNREACHABLE";
    /// The hub's revocation lists are past their date, and still believed.
    RevocationLate = "REVOCATION_LATE";
    /// The hub's certificate is over.
    ServerExpired = "SERVER_EXPIRED";
    /// The hub's certificate is for another name.
    ServerNameMismatch = "SERVER_NAME_MISMATCH";
    /// The hub's certificate is not valid yet.
    ServerNotYetValid = "SERVER_NOT_YET_VALID";
    /// The hub's certificate does not lead to the trust anchors.
    ServerUntrusted = "SERVER_UNTRUSTED";
    /// The handshake fails for another reason.
    TlsFailed = "TLS_FAILED";
    /// Whatever answers does not speak TLS 1.3.
    TlsVersion = "TLS_VERSION";
}

#[cfg(test)]
mod tests {
    use super::Code;
    use crate::model::Reason;

    #[test]
    fn no_code_has_the_name_of_a_reason() {
        for code in Code::OWN {
            assert_eq!(Reason::from_name(code.as_str()), None);
        }
    }
}
