//! How a call's arguments become a payload.

use crate::Format;
use crate::host::ToHost;

/// Makes arguments a payload, in the format of the function that is called.
pub(crate) trait Encoder {
    /// Hands `take` the payload, once, before this returns.
    fn encode(self, args: &impl ToHost, take: impl FnMut(&[u8]));
}

/// Natively, which is the common way: known where it is compiled.
pub(super) struct Natively;

impl Encoder for Natively {
    #[inline(always)]
    fn encode(self, args: &impl ToHost, take: impl FnMut(&[u8])) {
        args.to_host_natively(take);
    }
}

/// In any format.
pub(super) struct As(pub(super) Format);

impl Encoder for As {
    #[inline]
    fn encode(self, args: &impl ToHost, mut take: impl FnMut(&[u8])) {
        args.to_host(self.0, &mut take);
    }
}
