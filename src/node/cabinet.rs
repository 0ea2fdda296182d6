//! Keeping what arrives as files: the document as it came, for `docaxis verify`, and its attachments.
//!
//! ```text
//! DIRECTORY/000.00.00.G22,2019-03-12,7_VPCP-TTĐT/document.docaxis    a serialised SignedDocument
//!                                               /7_VPCP-TTĐT.pdf     attachments that came inside
//! ```

use std::io;
use std::path::PathBuf;

use prost::Message as _;

use crate::model::DocumentHeader;
use crate::trust::sha256;
use crate::wire::v1;

/// Bytes of a file name; file systems take 255.
const NAME_MAX: usize = 200;

/// Where one participant keeps what it received.
#[derive(Clone, Debug)]
pub struct Cabinet {
    directory: PathBuf,
}

impl Cabinet {
    /// Keeps documents below this directory, which is made when the first comes.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Writes a document and what came with it.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) async fn keep(
        &self,
        header: &DocumentHeader,
        document: &v1::SignedDocument,
    ) -> io::Result<()> {
        let folder = self
            .directory
            .join(file_name(&header.document_id.to_string()));
        tokio::fs::create_dir_all(&folder).await?;
        for attachment in &document.attachments {
            let digest = sha256(&attachment.content);
            let named = header
                .attachments
                .iter()
                .find(|named| named.sha256 == digest);
            let name = named.map_or_else(|| digest.to_string(), |named| file_name(&named.name));
            tokio::fs::write(folder.join(name), &attachment.content).await?;
        }
        // Last, so that where it is, everything is.
        tokio::fs::write(folder.join("document.docaxis"), document.encode_to_vec()).await
    }
}

/// A name that a peer chose, fit to be that of a file here: in this folder, not hidden, not too long.
fn file_name(wanted: &str) -> String {
    let mut name: String = wanted
        .chars()
        .map(|letter| match letter {
            '/' | '\\' => '_',
            letter if letter.is_control() => '_',
            letter => letter,
        })
        .collect();
    if name.is_empty() || name.starts_with('.') || name == "document.docaxis" {
        name.insert(0, '_');
    }
    while name.len() > NAME_MAX {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_peer_stays_in_its_folder() {
        assert_eq!(file_name("../../etc/passwd"), "_.._.._etc_passwd");
        assert_eq!(file_name(".."), "_..");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name("document.docaxis"), "_document.docaxis");
        assert_eq!(file_name("Phụ lục 1.docx"), "Phụ lục 1.docx");
        assert_eq!(file_name("a\0b\\c"), "a_b_c");
        assert!(file_name(&"ệ".repeat(300)).len() <= NAME_MAX);
    }
}
