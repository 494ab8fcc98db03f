//! The simplest clients: one blocking socket, frames, nothing else.

use crate::message::cbor;
use ffihost::ipc::wire::frame::{FromClient, FromServer};
use ffihost::ipc::wire::{FrameDecoder, Message, PREFACE, encode_request};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A client of version 2.
pub(crate) struct Raw {
    stream: UnixStream,
    input: FrameDecoder,
    chunk: Box<[u8]>,
    output: Vec<u8>,
    arguments: Vec<u8>,
}

impl Raw {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("it is served there");
        let (input, chunk) = (FrameDecoder::for_client(16 << 20), vec![0; 64 << 10].into_boxed_slice());
        let mut client = Self { stream, input, chunk, output: PREFACE.to_vec(), arguments: Vec::new() };
        client.put(FromClient::Hello { max_frame: 16 << 20, abi_hash: 0, token: "" });
        client.send();
        let mut welcome = false;
        while !welcome {
            client.receive(|frame, _| welcome = matches!(frame, FromServer::Welcome { .. }));
        }
        client
    }

    /// What is sent next.
    pub(crate) fn put(&mut self, frame: FromClient<'_>) {
        frame.encode(&mut self.output);
    }

    /// The request with that number, which is its id as well.
    pub(crate) fn put_request(&mut self, method: &str, number: u64) {
        put_request(method, number, &mut self.arguments, &mut self.output);
    }

    pub(crate) fn send(&mut self) {
        self.stream.write_all(&self.output).expect("the server reads");
        self.output.clear();
    }

    /// Waits for what has come, passes its frames on, with where to put what is sent next. False at the end.
    pub(crate) fn receive(&mut self, mut each: impl FnMut(FromServer<'_>, &mut Vec<u8>)) -> bool {
        let come = self.stream.read(&mut self.chunk).expect("the server sends");
        self.input.buffer().extend_from_slice(&self.chunk[..come]);
        while let Some(message) = self.input.next_message().expect("the server speaks this version") {
            if let Message::Frame { kind, body } = message {
                each(FromServer::decode(kind, body).expect("the server sends what it may"), &mut self.output);
            }
        }
        come > 0
    }

    /// Makes requests, so many of them in flight, and checks the replies.
    pub(crate) fn requests(&mut self, method: &str, calls: u64, in_flight: u64) {
        let (mut next, mut done, mut arguments) = (in_flight.min(calls), 0, Vec::new());
        (0..next).for_each(|number| self.put_request(method, number));
        while done < calls {
            self.send();
            self.receive(|frame, output| {
                let FromServer::Reply { id, ret: 0, payload } = frame else { panic!("{frame:?}") };
                cbor::expect(payload, id);
                done += 1;
                if next < calls {
                    put_request(method, next, &mut arguments, output);
                    next += 1;
                }
            });
        }
    }

    /// A request whose arguments are numbers, and its reply.
    pub(crate) fn request<R: serde::de::DeserializeOwned>(
        &mut self,
        method: &str,
        arguments: &impl serde::Serialize,
    ) -> R {
        let mut payload = Vec::new();
        ciborium::into_writer(arguments, &mut payload).expect("a vector takes everything");
        self.put(FromClient::Request { id: u64::MAX, timeout_ms: 0, method, payload: &payload });
        self.send();
        let mut reply = None;
        while reply.is_none() {
            self.receive(|frame, _| {
                let FromServer::Reply { ret: 0, payload, .. } = frame else { panic!("{frame:?}") };
                reply = ciborium::from_reader(payload).ok();
            });
        }
        reply.expect("there is one")
    }

    /// What ends this client from another thread.
    pub(crate) fn stream(&self) -> UnixStream {
        self.stream.try_clone().expect("there are descriptors left")
    }

    /// The length of a request's frame, and of its reply's.
    pub(crate) fn lengths(&mut self, method: &str) -> (usize, usize) {
        self.put_request(method, 0);
        let request = self.output.len();
        self.send();
        let mut reply = Vec::new();
        self.receive(|frame, _| frame.encode(&mut reply));
        (request, reply.len())
    }
}

fn put_request(method: &str, number: u64, arguments: &mut Vec<u8>, output: &mut Vec<u8>) {
    cbor::arguments(number, arguments);
    FromClient::Request { id: number, timeout_ms: 0, method, payload: arguments }.encode(output);
}

/// A client of version 1.
pub(crate) struct First {
    stream: UnixStream,
    output: Vec<u8>,
    arguments: Vec<u8>,
}

impl First {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("it is served there");
        Self { stream, output: Vec::new(), arguments: Vec::new() }
    }

    /// Makes a request, and checks the response.
    pub(crate) fn request(&mut self, method: &str, number: u64) {
        self.output.clear();
        cbor::arguments(number, &mut self.arguments);
        encode_request(method, &self.arguments, &mut self.output);
        self.stream.write_all(&self.output).expect("the server reads");
        let (mut response, mut come) = ([0; 256], 0);
        let payload = loop {
            come += self.stream.read(&mut response[come..]).expect("the server sends");
            if let [0, 0, 0, 0, a, b, c, d, rest @ ..] = &response[..come]
                && rest.len() == u32::from_be_bytes([*a, *b, *c, *d]) as usize
            {
                break rest;
            }
            assert!(come < response.len(), "a response is short, and no error");
        };
        cbor::expect(payload, number);
    }
}
