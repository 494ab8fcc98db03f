//! What is sent and what comes back: the same in each contestant.

use serde::{Deserialize, Serialize};

/// Who answers.
pub(crate) const NAME: &str = "bench";

const TEXT: &str = "what is sent is not sent ";
const DIGITS: usize = 7;

/// The length of a message.
pub(crate) const LENGTH: usize = TEXT.len() + DIGITS;

/// The arguments of a request.
#[derive(Serialize)]
pub(crate) struct Arguments<'a> {
    pub(crate) message: &'a str,
}

/// The reply.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Echo {
    pub(crate) echoed: String,
    pub(crate) served_by: String,
}

impl Echo {
    /// Checks that this is the reply to the message with that number.
    #[track_caller]
    pub(crate) fn expect(&self, number: u64) {
        assert!(is_message(self.echoed.as_bytes(), number), "{self:?} instead of message {number}");
        assert_eq!(self.served_by, NAME);
    }
}

/// Messages differ, so that no reply is taken for another.
pub(crate) fn message(number: u64) -> String {
    let mut message = String::with_capacity(LENGTH);
    message.push_str(TEXT);
    message.extend(digits(number).map(char::from));
    message
}

fn is_message(found: &[u8], number: u64) -> bool {
    found.split_at_checked(TEXT.len()).is_some_and(|(text, rest)| text == TEXT.as_bytes() && rest == digits(number))
}

/// The last hexadecimal digits.
fn digits(number: u64) -> [u8; DIGITS] {
    std::array::from_fn(|place| b"0123456789abcdef"[(number >> (4 * (DIGITS - 1 - place))) as usize & 15])
}

/// In CBOR, by hand: what a client does that is made for one library.
pub(crate) mod cbor {
    use super::{LENGTH, NAME, TEXT, digits, is_message};

    const ARGUMENTS: &[u8] = b"\xa1\x67message";
    const ECHOED: &[u8] = b"\xa2\x66echoed\x78\x20";
    const SERVED_BY: &[u8] = b"\x69served_by\x65";
    const _: () = assert!(LENGTH == 0x20 && NAME.len() == 5);

    /// The arguments of a request.
    pub(crate) fn arguments(number: u64, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(ARGUMENTS);
        out.extend_from_slice(&[0x78, 0x20]);
        out.extend_from_slice(TEXT.as_bytes());
        out.extend_from_slice(&digits(number));
    }

    /// The message among the arguments, as a text in CBOR.
    pub(crate) fn message_of(arguments: &[u8]) -> &[u8] {
        arguments.strip_prefix(ARGUMENTS).expect("the message is the only argument")
    }

    /// Checks that this is the reply to the message with that number.
    #[track_caller]
    pub(crate) fn expect(reply: &[u8], number: u64) {
        let reply = reply.strip_prefix(ECHOED).and_then(|rest| rest.split_at_checked(LENGTH));
        let (echoed, rest) = reply.expect("the message comes first");
        assert!(is_message(echoed, number), "{} instead of message {number}", String::from_utf8_lossy(echoed));
        assert_eq!(rest.strip_prefix(SERVED_BY), Some(NAME.as_bytes()));
    }
}
