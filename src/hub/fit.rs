//! Answers that every client can take: a gRPC client refuses more than 4 MiB unless it was told otherwise.

use super::progress::EVENTS_MAX;
use crate::model::Recipients;

/// Bytes of all texts that people wrote in one answer; what stands around them has as much room again.
const TEXTS_MAX: usize = 2 * 1024 * 1024;

/// Bytes of one event of a journey without its description.
const EVENT: usize = 40;

const _: () = assert!(
    EVENT * EVENTS_MAX * Recipients::MAX <= TEXTS_MAX,
    "what stands around the descriptions of the longest journey has room"
);

/// Cuts the longest of the texts where all of them together are more than one answer may have. Each keeps
/// an equal share: whoever writes much takes nothing from the others.
pub(super) fn fit(texts: Vec<&mut String>) {
    let whole: usize = texts.iter().map(|text| text.len()).sum();
    if whole <= TEXTS_MAX {
        return;
    }
    let share = TEXTS_MAX / texts.len().max(1);
    for text in texts {
        if text.len() > share {
            text.truncate(text.floor_char_boundary(share));
            text.push('…');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_an_answer_fit_into_it_and_short_ones_stay_whole() {
        let mut texts = vec!["đ".repeat(2000); 3000];
        texts.push("short".to_owned());
        fit(texts.iter_mut().collect());
        let whole: usize = texts.iter().map(String::len).sum();
        assert!(whole <= TEXTS_MAX + texts.len() * '…'.len_utf8());
        assert_eq!(texts[3000], "short");
        assert!(texts[0].ends_with('…'));
        let mut few = vec!["đ".repeat(2000); 3];
        fit(few.iter_mut().collect());
        assert_eq!(few[0].chars().count(), 2000);
    }
}
