//! A session between a client and a library that do whatever a script of bytes says, and a plain model of what has to hold.
//! The fuzz target `ipc_session` runs the same.
//!
//! The model knows what is open from the frames alone, those that the session was passed and those that it sent:
//!
//! - An id that was opened gets one REPLY; nothing is sent for one that is not open.
//! - OPENED comes before what it announces; an EVENT tells exactly how many were missed.
//! - Nothing is sent and nothing asked for after the end; what is to be sent is bounded.
//! - When all has ended, what was open is listed as left over, and nothing else. So are handles that were not given back.

use ffihost_ipc::session::{Action, Key, Session};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE, encode_request};
use ffihost_ipc::{HandleRef, Limits, ServerInfo, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits {
    frame: 1024,
    connections: 1,
    in_flight: 3,
    subscriptions: 3,
    output: 8192,
    frame_time: Duration::from_secs(1),
    stall: Duration::from_secs(1),
    idle: Duration::from_secs(4),
    grace: Duration::ZERO,
};

/// What an id stands for, as its client knows it.
#[derive(Debug)]
enum Open {
    /// Until when, if it is limited.
    Request(Option<Instant>),
    Listener(Told),
    Registration(Told),
}

/// What was told of a listener or a registration.
#[derive(Debug, Default)]
struct Told {
    opened: bool,
    /// Events that were emitted, and the number of the last that was sent.
    emitted: u64,
    sent: u64,
}

impl Open {
    fn told(&mut self) -> &mut Told {
        match self {
            Self::Listener(told) | Self::Registration(told) => told,
            Self::Request(_) => panic!("a request is not opened"),
        }
    }
}

/// A request that the library has.
struct Running {
    key: Key,
    ticket: Option<u64>,
    cancelled: bool,
}

/// A listener or a registration that the library has, or is asked for.
struct Subscription {
    id: u64,
    listener: bool,
    /// Once it is in place.
    ticket: Option<u64>,
    /// The session asked for its end.
    ending: bool,
}

pub(crate) struct World {
    session: Session,
    input: FrameDecoder,
    now: Instant,
    version_1: bool,
    /// What the client has open, by the frames.
    open: BTreeMap<u64, Open>,
    calls: BTreeMap<u64, u64>,
    welcomed: bool,
    leaving: bool,
    /// Responses of version 1 that were sent.
    responses: usize,
    asked: usize,
    /// How much of the output was looked at.
    seen: usize,
    over: bool,
    /// Something is being sent, and not taken.
    stuck: bool,
    running: Vec<Running>,
    subscriptions: Vec<Subscription>,
    /// How often the client has each handle.
    lent: BTreeMap<u64, u64>,
    last: u64,
}

/// The bytes of a script; zeros, when it is at its end.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn id(&mut self) -> u64 {
        u64::from(self.byte() % 8)
    }

    /// Mostly one of these.
    fn one_of<'a>(&mut self, ids: impl Iterator<Item = &'a u64>) -> u64 {
        let (ids, byte) = (ids.collect::<Vec<_>>(), self.byte());
        if ids.is_empty() || byte >= 240 { u64::from(byte % 8) } else { *ids[usize::from(byte) % ids.len()] }
    }

    /// Mostly none of these.
    fn one_but_of<'a>(&mut self, ids: impl Iterator<Item = &'a u64>) -> u64 {
        let (ids, byte) = (ids.collect::<BTreeSet<_>>(), self.byte());
        let first = u64::from(byte % 8);
        if byte >= 250 { first } else { (first..).find(|id| !ids.contains(id)).expect("one is free") }
    }

    fn index<T>(&mut self, of: &[T]) -> Option<usize> {
        let byte = usize::from(self.byte());
        (!of.is_empty()).then(|| byte % of.len())
    }

    fn payload(&mut self) -> Vec<u8> {
        const LENGTHS: [usize; 8] = [0, 1, 1, 5, 200, 900, 1007, 1500];
        vec![0; LENGTHS[usize::from(self.byte() % 8)]]
    }
}

/// Does what a script says, and checks it.
pub(crate) fn run(script: &[u8]) {
    let mut script = Script(script);
    let version_1 = script.byte() % 4 == 3;
    let mut world = World::new(version_1);
    if !version_1 {
        let mut greeting = PREFACE.to_vec();
        let max_frame = if script.byte().is_multiple_of(2) { 1 << 20 } else { 1024 };
        FromClient::Hello { max_frame, abi_hash: 0, token: "" }.encode(&mut greeting);
        world.client(&greeting);
        assert!(world.welcomed);
    }
    while !script.0.is_empty() {
        world.step(&mut script);
    }
    world.settle();
    world.end();
}

/// Sends a stream as it is, in small pieces, to a library that does at once what it is asked for.
pub(crate) fn run_stream(stream: &[u8]) {
    let mut world = World::new(stream.first() == Some(&0));
    for piece in stream.chunks(23) {
        world.client(piece);
        world.settle();
        world.client(&[]);
    }
    world.end();
}

impl World {
    fn new(version_1: bool) -> Self {
        let info = ServerInfo {
            library: "test".to_owned(),
            version: "1.2.3".to_owned(),
            abi_hash: 0xab,
            descriptor: vec![7; 700],
            token: None,
        };
        let now = Instant::now();
        Self {
            session: Session::new(Arc::new(info), LIMITS, now),
            input: FrameDecoder::for_server(LIMITS.frame),
            now,
            version_1,
            open: BTreeMap::new(),
            calls: BTreeMap::new(),
            welcomed: false,
            leaving: false,
            responses: 0,
            asked: 0,
            seen: 0,
            over: false,
            stuck: false,
            running: Vec::new(),
            lent: BTreeMap::new(),
            subscriptions: Vec::new(),
            last: 0,
        }
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 32 {
            0..12 if self.version_1 => {
                let mut sent = Vec::new();
                encode_request(
                    ["echo", "ffihost.descriptor"][usize::from(script.byte() % 2)],
                    &script.payload(),
                    &mut sent,
                );
                self.client(&sent);
            }
            kind @ 0..12 => self.frame(kind, script),
            12 => {
                let length = usize::from(script.byte().saturating_sub(232)).min(script.0.len());
                let (raw, rest) = script.0.split_at(length);
                script.0 = rest;
                self.client(raw);
            }
            13 | 14 => self.started(script),
            15..18 => self.reply(script),
            18 => self.stale(script),
            19 | 20 => self.opened_or_refused(script),
            21 => self.closed(script),
            22 | 23 => self.event(script),
            24 | 25 => self.call(script),
            26 => self.cancel_call(script),
            27 => self.wait([1, 50, 500, 1000][usize::from(script.byte() % 4)]),
            28 => self.take(false),
            29 => self.burst(script),
            30 => self.take(true),
            _ if script.byte().is_multiple_of(8) => self.session.shut_down(),
            _ => self.give_back(script),
        }
        self.look();
        // What was not read before may be now.
        self.client(&[]);
    }

    fn frame(&mut self, kind: u8, script: &mut Script<'_>) {
        let mut sent = Vec::new();
        let id = match kind {
            0..7 => script.one_but_of(self.open.keys()),
            7 | 8 => script.one_of(self.open.keys()),
            9 => script.one_of(self.calls.keys()),
            _ => script.id(),
        };
        const NAMES: [&str; 4] = ["a", "b", "ffihost.descriptor", ""];
        let name = NAMES[usize::from(script.byte() % 16).saturating_sub(12)];
        let payload = script.payload();
        let timeout_ms = [0, 0, 1, 600][usize::from(script.byte() % 4)];
        match kind {
            0..3 => FromClient::Request { id, timeout_ms, method: name, payload: &payload },
            3 | 4 => FromClient::Listen { id, event: name },
            5 | 6 => FromClient::Register { id, max_in_flight: 0, deadline_ms: 0, name },
            7 | 8 => FromClient::Cancel { id },
            9 => FromClient::Complete { call: id, ret: 0, payload: &payload },
            10 => FromClient::Ping { number: id },
            _ if script.byte().is_multiple_of(8) => FromClient::Goodbye,
            _ => FromClient::Pong { number: id },
        }
        .encode(&mut sent);
        self.client(&sent);
    }

    /// The client sends bytes, of which the session is passed what it wants.
    fn client(&mut self, bytes: &[u8]) {
        let mut input = std::mem::replace(&mut self.input, FrameDecoder::for_server(0));
        input.buffer().extend_from_slice(bytes);
        while self.session.wants_input() {
            match input.next_message() {
                Ok(Some(message)) => self.receive(message),
                Ok(None) => break,
                Err(broken) => {
                    self.session.fail_framing(broken);
                    self.look();
                    assert!(self.over, "{broken}");
                }
            }
        }
        let partial = self.session.wants_input() && input.is_partial();
        self.session.partial(partial, self.now);
        self.input = input;
    }

    /// Passes on one unit, with what the model makes of it.
    fn receive(&mut self, message: Message<'_>) {
        let (output, welcomed) = (self.session.output().len(), self.welcomed);
        let frame = match message {
            Message::Frame { kind, body } => FromClient::decode(kind, body).ok(),
            Message::Preface | Message::Request { .. } => None,
        };
        let violation = match (message, frame) {
            (Message::Frame { .. }, None) => true,
            (_, Some(FromClient::Hello { .. })) => welcomed,
            (
                _,
                Some(FromClient::Request { id, .. } | FromClient::Listen { id, .. } | FromClient::Register { id, .. }),
            ) => !welcomed || self.open.contains_key(&id),
            (_, Some(_)) => !welcomed,
            (_, None) => false,
        };
        self.asked += usize::from(matches!(message, Message::Request { .. }));
        if !violation {
            self.opens(frame);
        }
        let action = self.session.receive(message, self.now);
        if violation {
            assert_eq!(action, Action::None);
            self.look();
            assert!(self.over, "{frame:?} is not taken");
            return;
        }
        let silent = self.session.output().len() == output;
        match frame {
            Some(FromClient::Cancel { id }) if !self.open.contains_key(&id) => {
                assert!(silent && action == Action::None, "there is nothing to cancel");
            }
            Some(FromClient::Complete { call, .. }) => {
                let was_open = self.calls.remove(&call).is_some();
                assert_eq!((was_open, silent), (matches!(action, Action::Complete { .. }), was_open));
            }
            Some(FromClient::Request { .. } | FromClient::Listen { .. } | FromClient::Register { .. }) => {
                assert_eq!(silent, action != Action::None, "it is answered or begun");
            }
            Some(FromClient::Goodbye) => self.leaving = true,
            _ => {}
        }
        self.perform(action);
        self.look();
    }

    /// An id is open from when it is passed to the session.
    fn opens(&mut self, frame: Option<FromClient<'_>>) {
        let (id, open) = match frame {
            Some(FromClient::Request { id, timeout_ms, .. }) => {
                let deadline = (timeout_ms != 0).then(|| self.now + Duration::from_millis(timeout_ms.into()));
                (id, Open::Request(deadline))
            }
            Some(FromClient::Listen { id, .. }) => (id, Open::Listener(Told::default())),
            Some(FromClient::Register { id, .. }) => (id, Open::Registration(Told::default())),
            _ => return,
        };
        assert!(self.open.insert(id, open).is_none());
    }

    fn perform(&mut self, action: Action<'_>) {
        match action {
            Action::None | Action::Complete { .. } => {}
            Action::Start { key, .. } => self.running.push(Running { key, ticket: None, cancelled: false }),
            Action::Cancel(ticket) => {
                let request = self.running.iter_mut().find(|request| request.ticket == Some(ticket));
                let request = request.expect("it was started and not replied to");
                assert!(!std::mem::replace(&mut request.cancelled, true), "once is enough");
            }
            Action::Listen { id, .. } => {
                self.subscriptions.push(Subscription { id, listener: true, ticket: None, ending: false });
            }
            Action::Register { id, .. } => {
                self.subscriptions.push(Subscription { id, listener: false, ticket: None, ending: false });
            }
            Action::Unlisten { id, ticket } => self.ends(id, Some(ticket)),
            Action::Unregister { id, calls } => {
                self.look();
                let left: Vec<_> = self.calls.iter().filter(|(_, of)| **of == id).map(|(call, _)| *call).collect();
                assert!(left.is_empty(), "{left:?} were made to what ends, and {calls:?} are said to be");
                self.ends(id, None);
            }
            Action::Goodbye => {
                for action in self.session.end_subscriptions() {
                    self.perform(action);
                }
            }
        }
    }

    fn ends(&mut self, id: u64, ticket: Option<u64>) {
        let subscription = self.subscriptions.iter_mut().find(|it| it.id == id).expect("it is in place");
        assert!(ticket.is_none_or(|ticket| subscription.ticket == Some(ticket)));
        assert!(!std::mem::replace(&mut subscription.ending, true), "once is enough");
    }

    fn started(&mut self, script: &mut Script<'_>) {
        let Some(at) = script.index(&self.running).filter(|at| self.running[*at].ticket.is_none()) else { return };
        self.last += 1;
        let request = &mut self.running[at];
        request.ticket = Some(self.last);
        request.cancelled |= self.session.started(request.key, self.last);
    }

    fn reply(&mut self, script: &mut Script<'_>) {
        let Some(at) = script.index(&self.running) else { return };
        let request = self.running.swap_remove(at);
        let sent = self.session.reply(request.key, i32::from(script.byte() % 2), &script.payload());
        self.lend(sent);
    }

    fn stale(&mut self, script: &mut Script<'_>) {
        if let Some(at) = script.index(&self.running) {
            self.session.stale(self.running[at].key, 1);
        }
    }

    fn opened_or_refused(&mut self, script: &mut Script<'_>) {
        let Some(at) = script.index(&self.subscriptions).filter(|at| self.subscriptions[*at].ticket.is_none()) else {
            return;
        };
        let id = self.subscriptions[at].id;
        if self.over {
            // A real library ends what its session has forgotten; here nothing is done at once.
        } else if script.byte().is_multiple_of(4) && !self.calls.values().any(|of| *of == id) {
            self.session.refused(id, Status::Busy, "no");
            self.subscriptions.swap_remove(at);
        } else {
            self.last += 1;
            self.subscriptions[at].ticket = Some(self.last);
            let action = self.session.opened(id, self.last);
            self.perform(action);
        }
    }

    fn closed(&mut self, script: &mut Script<'_>) {
        if let Some(at) = script.index(&self.subscriptions).filter(|at| self.subscriptions[*at].ending) {
            let ended = self.subscriptions.swap_remove(at);
            self.session.closed(ended.id);
        }
    }

    fn event(&mut self, script: &mut Script<'_>) {
        let id = script.one_of(self.subscriptions.iter().map(|it| &it.id));
        self.emit(id, script.payload());
    }

    /// Emits an event, which holds its number if somebody listens.
    fn emit(&mut self, id: u64, mut payload: Vec<u8>) {
        if let Some(Open::Listener(told)) = self.open.get_mut(&id).filter(|_| !self.over) {
            told.emitted += 1;
            payload.resize(payload.len().max(8), 0);
            payload[..8].copy_from_slice(&told.emitted.to_be_bytes());
        }
        let sent = self.session.event(id, &payload);
        self.lend(sent);
    }

    /// What was sent has a handle in it, one of a few.
    fn lend(&mut self, sent: bool) {
        assert!(!(sent && self.over), "nothing is sent after the end");
        if sent {
            self.last += 1;
            let lent = HandleRef { kind: 0, number: self.last % 8 };
            self.session.add_handles(&[lent]);
            *self.lent.entry(lent.number).or_default() += 1;
        }
    }

    fn give_back(&mut self, script: &mut Script<'_>) {
        let number = script.id() % 8;
        let expected = self.lent.get(&number).copied().unwrap_or(0);
        let given_back = self.session.take_handle(HandleRef { kind: 0, number });
        assert_eq!(given_back, expected > 0);
        if given_back {
            self.lent.insert(number, expected - 1);
        }
    }

    /// More events or calls than there is room for.
    fn burst(&mut self, script: &mut Script<'_>) {
        let id = script.one_of(self.subscriptions.iter().map(|it| &it.id));
        for _ in 0..20 {
            self.last += 1;
            let call = 100 + self.last;
            self.emit(id, vec![0; 900]);
            if self.session.call(call, id, &[0; 900]).is_ok() {
                self.calls.insert(call, id);
            }
        }
    }

    fn call(&mut self, script: &mut Script<'_>) {
        let (id, call) = (script.one_of(self.subscriptions.iter().map(|it| &it.id)), script.id());
        if self.calls.contains_key(&call) {
            return;
        }
        match self.session.call(call, id, &script.payload()) {
            Ok(()) => {
                assert!(!self.over && self.subscriptions.iter().any(|it| it.id == id && !it.listener && !it.ending));
                self.calls.insert(call, id);
            }
            Err(refusal) => assert!(!self.over || refusal.status == Status::Disconnected),
        }
    }

    fn cancel_call(&mut self, script: &mut Script<'_>) {
        let call = script.one_of(self.calls.keys());
        self.session.cancel_call(call);
        self.look();
        let told = !self.calls.contains_key(&call);
        assert!(told || self.over, "its client is told");
        self.calls.remove(&call);
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        let mut times = 0;
        while self.session.deadline().is_some_and(|deadline| deadline <= self.now) {
            for ticket in self.session.handle_timeout(self.now) {
                let request = self.running.iter_mut().find(|request| request.ticket == Some(ticket));
                request.expect("it runs").cancelled = true;
            }
            times += 1;
            assert!(times < 8, "what is due is done");
        }
        self.look();
        let late = self.open.values().any(|open| matches!(open, Open::Request(Some(time)) if *time <= self.now));
        assert!(self.over || !late, "its deadline has passed");
    }

    /// The socket takes what is to be sent, and its other end takes that, or not.
    fn take(&mut self, stuck: bool) {
        if self.stuck && stuck {
            return;
        }
        let waits = self.stuck || !self.session.output().is_empty();
        self.session.output().clear();
        self.seen = 0;
        if stuck {
            self.session.sent(waits, false, self.now);
        } else {
            self.session.sent(true, true, self.now);
            self.session.sent(false, false, self.now);
        }
        self.stuck = stuck && waits;
    }

    /// Looks at what was sent since it looked last.
    fn look(&mut self) {
        if self.session.has_given_up() {
            assert!(self.session.is_over() && self.session.output().is_empty());
            self.seen = 0;
        }
        let output = self.session.output()[self.seen..].to_vec();
        self.seen += output.len();
        assert!(!self.over || output.is_empty(), "nothing follows the end");
        let mut rest = &*output;
        while !rest.is_empty() {
            rest = if self.version_1 { self.response(rest) } else { self.sent(rest) };
        }
        self.over |= self.session.is_over();
        let least = usize::try_from(LIMITS.in_flight).expect("small") + LIMITS.subscriptions + self.calls.len() + 8;
        assert!(self.seen <= LIMITS.output + 128 * least, "{} bytes wait to be sent", self.seen);
        assert!(self.running.len() <= LIMITS.in_flight as usize + usize::from(self.version_1));
    }

    fn response<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let length = u32::from_be_bytes(bytes[4..8].try_into().expect("4 bytes"));
        self.responses += 1;
        &bytes[8 + length as usize..]
    }

    fn sent<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if !self.welcomed && bytes.starts_with(&PREFACE) {
            return &bytes[PREFACE.len()..];
        }
        let (length, rest) = bytes.split_first_chunk().expect("a whole frame");
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        let frame = FromServer::decode(frame[0], &frame[1..]).expect("what is sent is sound");
        match frame {
            FromServer::Welcome { .. } => assert!(!std::mem::replace(&mut self.welcomed, true)),
            FromServer::Reply { id, .. } => {
                assert!(self.open.remove(&id).is_some(), "{frame:?}: it is not open");
            }
            FromServer::Opened { id } => {
                let told = self.open.get_mut(&id).expect("it is open").told();
                assert!(!std::mem::replace(&mut told.opened, true), "once");
            }
            FromServer::Stale { id, .. } => assert!(matches!(self.open[&id], Open::Request(_))),
            FromServer::Event { id, missed, payload } => {
                let Some(Open::Listener(told)) = self.open.get_mut(&id) else { panic!("{frame:?}: it is not open") };
                let number = u64::from_be_bytes(payload[..8].try_into().expect("8 bytes"));
                assert!(told.opened);
                assert_eq!(told.sent + missed + 1, number, "{missed} were missed");
                told.sent = number;
            }
            FromServer::Call { id, .. } => assert!(self.open.get_mut(&id).expect("it is open").told().opened),
            FromServer::CallCancelled { call } => assert!(self.calls.remove(&call).is_some()),
            FromServer::CallRefused { call, .. } => assert!(!self.calls.contains_key(&call)),
            FromServer::Ping { .. } | FromServer::Pong { .. } => assert!(self.welcomed),
            FromServer::Goodbye { ret, .. } => {
                assert!(ret == Status::Closing.code() || (rest.is_empty() && self.session.is_over()), "{frame:?}");
            }
        }
        rest
    }

    /// The library does all that it has to do, and the client reads: then only what was not cancelled is open.
    fn settle(&mut self) {
        self.take(false);
        while let Some(request) = self.running.pop() {
            self.session.reply(request.key, 0, b"");
            self.look();
            self.take(false);
            self.client(&[]);
        }
        let mut at = 0;
        while at < self.subscriptions.len() && !self.over {
            if self.subscriptions[at].ticket.is_none() {
                self.last += 1;
                self.subscriptions[at].ticket = Some(self.last);
                let action = self.session.opened(self.subscriptions[at].id, self.last);
                self.perform(action);
            }
            if self.subscriptions[at].ending {
                let id = self.subscriptions.swap_remove(at).id;
                self.session.closed(id);
            } else {
                at += 1;
            }
            self.look();
            self.take(false);
        }
        if !self.over && self.running.is_empty() {
            let open: BTreeSet<u64> = self.open.keys().copied().collect();
            let kept: BTreeSet<u64> = self.subscriptions.iter().map(|it| it.id).collect();
            assert_eq!(open, kept, "all else was replied to");
            assert!(!self.leaving, "it said goodbye, and nothing is left to wait for");
            assert!(!self.version_1 || self.responses >= self.asked);
            for id in kept {
                self.emit(id, Vec::new());
                self.look();
                let Some(Open::Listener(told)) = self.open.get(&id) else { continue };
                assert_eq!(told.sent, told.emitted, "nothing waits, so there is room");
                self.take(false);
            }
        }
    }

    fn end(mut self) {
        let left = self.session.end();
        let sorted = |mut all: Vec<u64>| {
            all.sort_unstable();
            all
        };
        let kept = |listener| self.subscriptions.iter().filter(move |it| it.listener == listener && !it.ending);
        assert_eq!(sorted(left.requests), sorted(self.running.iter().filter_map(|it| it.ticket).collect()));
        assert_eq!(sorted(left.listeners), sorted(kept(true).filter_map(|it| it.ticket).collect()));
        let registrations = kept(false).filter(|it| it.ticket.is_some()).map(|it| it.id);
        assert_eq!(sorted(left.registrations), sorted(registrations.collect()));
        assert_eq!(sorted(left.calls), sorted(self.calls.into_keys().collect()));
        let handles: BTreeMap<u64, u64> = left.handles.iter().map(|(lent, times)| (lent.number, *times)).collect();
        self.lent.retain(|_, times| *times > 0);
        assert_eq!((handles.len(), &handles), (left.handles.len(), &self.lent));
        assert!(self.session.is_over() && self.session.output().is_empty());
        for id in 0..8 {
            assert!(!self.session.event(id, b""));
            assert!(self.session.call(100, id, b"").is_err());
        }
        for request in self.running {
            assert!(request.ticket.is_some() || self.session.started(request.key, 1), "nobody wants it");
            assert!(!self.session.reply(request.key, 0, b"late"));
        }
        assert_eq!((self.session.output().len(), self.session.deadline()), (0, None));
    }
}
