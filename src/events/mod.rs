//! Events: from any thread of the library to the host's listeners, by way of a bounded queue and a thread of their own, so
//! that a slow listener never stalls the FFI thread.
//!
//! - Emitting copies the payload into the queue and returns. Short payloads are kept in the queue's own storage.
//! - The event thread starts with the first listener. It calls each listener of the event, in the order in which they were
//!   added, under no lock.
//! - When the queue is full the library's policy decides, and what is dropped is counted.
//! - Removal: see [`listener`]. It waits for a delivery that is under way, but not on the event thread (it would wait for
//!   itself) and not on the FFI thread (which a listener may be waiting for).
//! - At the end of the context a last message closes the queue: what was enqueued before it is delivered, what comes later
//!   is dropped and counted.

pub(crate) mod listener;

#[cfg(not(ffihost_loom))]
pub(crate) use self::hub::{Hub, Removal};

#[cfg(not(ffihost_loom))]
mod hub {
    use super::listener::{Removed, Word};
    use crate::abi::Callback;
    use crate::options::{Options, WhenFull};
    use crate::stats::Counters;
    use crate::status::Status;
    use crate::sync::{Arc, Condvar, Mutex};
    use crossbeam_channel::{Receiver, Sender, TrySendError};
    use smallvec::SmallVec;
    use std::io;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::thread::{self, JoinHandle, ThreadId};
    use std::time::{Duration, Instant};

    /// Payload bytes that need no allocation.
    const INLINE: usize = 64;

    #[derive(Debug)]
    struct Listener {
        id: u64,
        event: Box<str>,
        callback: Callback,
        word: Word,
    }

    #[derive(Debug)]
    enum Message {
        Event { event: &'static str, payload: SmallVec<[u8; INLINE]> },
        Last,
    }

    #[derive(Debug)]
    struct Queue {
        sender: Sender<Message>,
        /// To drop the oldest with.
        receiver: Receiver<Message>,
        thread: ThreadId,
    }

    /// The events of one context.
    #[derive(Debug)]
    pub(crate) struct Hub {
        shared: Arc<Shared>,
        queue: OnceLock<Queue>,
        thread: Mutex<Option<JoinHandle<()>>>,
        when_full: WhenFull,
        capacity: usize,
    }

    #[derive(Debug)]
    struct Shared {
        listeners: Mutex<Listeners>,
        count: AtomicUsize,
        closed: AtomicBool,
        /// Notified after the last delivery to a listener that was removed meanwhile, and when the thread ends.
        settled: Condvar,
    }

    #[derive(Debug, Default)]
    struct Listeners {
        latest: u64,
        present: Arc<[Arc<Listener>]>,
    }

    /// What became of a removal.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Removal {
        /// It will not be called again.
        Done,
        /// There is no such listener.
        Unknown,
        /// It is removed, but its last delivery still runs.
        StillRunning,
    }

    impl Hub {
        pub(crate) fn new(options: &Options) -> Self {
            Self {
                shared: Arc::new(Shared {
                    listeners: Mutex::default(),
                    count: AtomicUsize::new(0),
                    closed: AtomicBool::new(false),
                    settled: Condvar::new(),
                }),
                queue: OnceLock::new(),
                thread: Mutex::new(None),
                when_full: options.events_when_full,
                capacity: options.events_queued.max(1) as usize,
            }
        }

        /// Adds a listener, and starts the event thread with the first; all of that thread runs inside of `around`.
        ///
        /// # Errors
        ///
        /// If the thread cannot be started.
        pub(crate) fn add(
            &self,
            event: &str,
            callback: Callback,
            around: impl FnOnce(&mut dyn FnMut()) + Send + 'static,
        ) -> io::Result<u64> {
            self.start(around)?;
            let mut listeners = self.shared.listeners.lock();
            listeners.latest += 1;
            let id = listeners.latest;
            let listener = Arc::new(Listener { id, event: event.into(), callback, word: Word::new() });
            listeners.present = listeners.present.iter().cloned().chain([listener]).collect();
            self.shared.count.store(listeners.present.len(), Ordering::Release);
            Ok(id)
        }

        fn start(&self, around: impl FnOnce(&mut dyn FnMut()) + Send + 'static) -> io::Result<()> {
            let mut thread = self.thread.lock();
            if self.queue.get().is_some() {
                return Ok(());
            }
            let (sender, receiver) = crossbeam_channel::bounded(self.capacity);
            let (shared, messages) = (Arc::clone(&self.shared), receiver.clone());
            let run = move || around(&mut || shared.run(&messages));
            let started = thread::Builder::new().name("ffihost-events".into()).spawn(run)?;
            let queue = Queue { sender, receiver, thread: started.thread().id() };
            *thread = Some(started);
            self.queue.set(queue).expect("set once, under the lock of `thread`");
            Ok(())
        }

        /// Removes a listener. With `wait`, not before a delivery that is under way has ended.
        pub(crate) fn remove(&self, id: u64, wait: bool) -> Removal {
            let mut listeners = self.shared.listeners.lock();
            let Some(listener) = listeners.present.iter().find(|listener| listener.id == id).cloned() else {
                return Removal::Unknown;
            };
            listeners.present = listeners.present.iter().filter(|other| other.id != id).cloned().collect();
            self.shared.count.store(listeners.present.len(), Ordering::Release);
            if listener.word.remove() != Removed::Running || self.is_event_thread() {
                return Removal::Done;
            }
            while listener.word.is_running() {
                if !wait {
                    return Removal::StillRunning;
                }
                self.shared.settled.wait(&mut listeners);
            }
            Removal::Done
        }

        /// Enqueues an event for whoever listens.
        pub(crate) fn emit(&self, event: &'static str, payload: &[u8], counters: &Counters) {
            // Acquire: pairs with `add`, so that the queue is there when a listener is.
            if self.shared.count.load(Ordering::Acquire) == 0 {
                return;
            }
            let Some(queue) = self.queue.get() else { return };
            if self.shared.closed.load(Ordering::Relaxed) {
                counters.events_dropped.bump();
                return;
            }
            let mut message = Message::Event { event, payload: SmallVec::from_slice(payload) };
            counters.events_emitted.bump();
            loop {
                message = match queue.sender.try_send(message) {
                    Ok(()) => return,
                    Err(TrySendError::Disconnected(_)) => return counters.events_dropped.bump(),
                    Err(TrySendError::Full(message)) => message,
                };
                match self.when_full {
                    WhenFull::Block if !self.is_event_thread() => {
                        if queue.sender.send(message).is_err() {
                            counters.events_dropped.bump();
                        }
                        return;
                    }
                    WhenFull::DropOldest => match queue.receiver.try_recv() {
                        Ok(Message::Event { .. }) => counters.events_dropped.bump(),
                        Ok(Message::Last) => {
                            counters.events_dropped.bump();
                            message = Message::Last;
                        }
                        Err(_) => {}
                    },
                    WhenFull::Block | WhenFull::DropNewest => return counters.events_dropped.bump(),
                }
            }
        }

        /// Delivers what is queued, ends the event thread, and waits for that, but no longer than until `deadline`.
        /// False if a listener still runs then.
        pub(crate) fn finish(&self, deadline: Instant) -> bool {
            self.shared.closed.store(true, Ordering::Relaxed);
            let Some(thread) = self.thread.lock().take() else { return true };
            let queue = self.queue.get().expect("a thread has a queue");
            if queue.sender.send_deadline(Message::Last, deadline).is_err() {
                return false;
            }
            while !thread.is_finished() {
                if Instant::now() >= deadline {
                    return false;
                }
                thread::sleep(Duration::from_micros(50));
            }
            // The thread contains panics, so there is nothing to learn from the result.
            let _ = thread.join();
            true
        }

        pub(crate) fn listeners(&self) -> usize {
            self.shared.count.load(Ordering::Relaxed)
        }

        fn is_event_thread(&self) -> bool {
            self.queue.get().is_some_and(|queue| queue.thread == thread::current().id())
        }
    }

    impl Shared {
        /// The event thread.
        fn run(&self, messages: &Receiver<Message>) {
            while let Ok(Message::Event { event, payload }) = messages.recv() {
                let listeners = Arc::clone(&self.listeners.lock().present);
                for listener in listeners.iter().filter(|listener| *listener.event == *event) {
                    self.deliver(listener, &payload);
                }
            }
        }

        fn deliver(&self, listener: &Listener, payload: &[u8]) {
            if !listener.word.try_begin() {
                return;
            }
            listener.callback.call(Status::Ok, payload);
            if listener.word.end() {
                // The lock: a remover that has just seen RUNNING is waiting before this notifies.
                drop(self.listeners.lock());
                self.settled.notify_all();
            }
        }
    }
}
