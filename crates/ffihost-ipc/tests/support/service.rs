//! A service without a library: it returns what it is sent.

use ffihost_ipc::{ClientHandles, HostFunction, Listener, Refusal, Reply, Service, Status};

pub(crate) struct Echo;

impl Service for Echo {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        match method {
            "echo" => reply.end(0, payload),
            "peer" => {
                let peer = format!("{:?}", reply.peer());
                reply.end(0, peer.as_bytes());
            }
            _ => reply.refuse(&Refusal::new(Status::InvalidArgument, "no such request")),
        }
        0
    }

    fn cancel(&self, _: u64) {}

    fn listen(&self, _: &str, _: Listener) -> Result<u64, Refusal> {
        Err(Refusal::new(Status::InvalidArgument, "no events"))
    }

    fn unlisten(&self, _: u64) {}

    fn register(&self, _: &str, _: HostFunction) -> Result<u64, Refusal> {
        Err(Refusal::new(Status::InvalidArgument, "no host functions"))
    }

    fn unregister(&self, _: &str, _: u64) {}

    fn complete(&self, _: u64, _: i32, _: &[u8], _: ClientHandles<'_>) -> Result<(), Status> {
        Err(Status::UnknownToken)
    }
}
