//! `require_auth`: which ways of authentication the server may ask for.

/// A way of authentication, in the words of `require_auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The password in clear.
    Password,
    /// MD5 challenge.
    Md5,
    /// GSSAPI.
    Gss,
    /// SSPI.
    Sspi,
    /// SCRAM.
    Scram,
    /// OAuth bearer token.
    Oauth,
    /// Nothing is asked.
    None,
}

const METHODS: &[(&str, Method)] = &[
    ("password", Method::Password),
    ("md5", Method::Md5),
    ("gss", Method::Gss),
    ("sspi", Method::Sspi),
    ("scram-sha-256", Method::Scram),
    ("oauth", Method::Oauth),
    ("none", Method::None),
];

impl Method {
    /// The word in `require_auth`.
    pub fn word(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).map_or("", |(word, _)| *word)
    }

    /// The method that an authentication request of the protocol asks for; `None` for its later steps.
    pub(super) fn of_request(code: i32) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            3 => Some(Self::Password),
            5 => Some(Self::Md5),
            7 => Some(Self::Gss),
            9 => Some(Self::Sspi),
            10 => Some(Self::Scram),
            _ => None,
        }
    }
}

/// The methods that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedMethods(Vec<Method>);

impl AllowedMethods {
    /// `scram-sha-256,md5` or `!password,!md5`; never both kinds at once.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(',').map(str::trim).collect();
        let negative = words.iter().filter(|word| word.starts_with('!')).count();
        if negative != 0 && negative != words.len() {
            return None;
        }
        let named: Option<Vec<Method>> = words
            .iter()
            .map(|word| word.trim_start_matches('!'))
            .map(|word| METHODS.iter().find(|(known, _)| *known == word).map(|(_, method)| *method))
            .collect();
        let named = named?;
        let allowed = METHODS.iter().map(|(_, method)| *method).filter(|method| named.contains(method) != (negative > 0));
        Some(Self(allowed.collect()))
    }

    /// Whether the server may ask for this.
    pub(super) fn contains(&self, method: Method) -> bool {
        self.0.contains(&method)
    }
}
