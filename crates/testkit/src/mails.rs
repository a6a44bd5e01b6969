//! Mails as they lie in the folder of a test.

use std::path::Path;

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The name of its file, which is the id of the event that asked for it.
    pub id: String,
    /// The whole of it, headers first, as it travels.
    pub text: String,
}

impl Mail {
    /// A header, the lines of a folded one joined.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.text.split_once("\r\n\r\n")?;
        let unfolded = head.replace("\r\n ", " ");
        unfolded.split("\r\n").find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            (header == name).then(|| value.to_owned())
        })
    }

    /// The token in the mail's link.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn token(&self) -> String {
        let (_, token) = self.text.split_once("token=").expect("a link with a token");
        let in_token = |part: &char| part.is_ascii_alphanumeric() || "-_".contains(*part);
        token.chars().take_while(in_token).collect()
    }
}

/// Every mail in a folder, oldest request first. None while there is no such folder.
pub(crate) fn read(folder: &Path) -> Vec<Mail> {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    let mut mails: Vec<Mail> = files
        .filter_map(|file| {
            let path = file.expect("a file").path();
            let id = path.file_name()?.to_str()?.strip_suffix(".eml")?.to_owned();
            let text = std::fs::read_to_string(&path).expect("a mail");
            Some(Mail { id, text })
        })
        .collect();
    mails.sort_by(|one, other| one.id.cmp(&other.id));
    mails
}
