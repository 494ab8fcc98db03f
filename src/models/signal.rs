//! The signal: nothing is lost between "there is nothing to do" and "going to sleep", and a burst wakes once.

use super::{block_on, model, thread};
use crate::bridge::Signal;
use crate::sync::{Arc, AtomicU32, Ordering};
use std::future::poll_fn;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake, Waker};

struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counting_waker() -> (std::sync::Arc<Wakes>, Waker) {
    let wakes = std::sync::Arc::new(Wakes(AtomicUsize::new(0)));
    (std::sync::Arc::clone(&wakes), Waker::from(wakes))
}

#[test]
fn no_wake_up_is_lost() {
    model(|| {
        // Relaxed, so that only the signal orders what was written before it.
        let shared = Arc::new((Signal::new(), [AtomicU32::new(0), AtomicU32::new(0)]));
        let producers: Vec<_> = (0..2)
            .map(|item| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.1[item].store(1, Ordering::Relaxed);
                    shared.0.notify();
                })
            })
            .collect();
        block_on(poll_fn(|cx| {
            loop {
                if shared.1.iter().all(|item| item.load(Ordering::Relaxed) == 1) {
                    return Poll::Ready(());
                }
                if shared.0.poll_notified(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        }));
        producers.into_iter().for_each(|producer| producer.join().expect("no panic"));
    });
}

#[test]
fn a_burst_wakes_once() {
    model(|| {
        let signal = Arc::new(Signal::new());
        let (wakes, waker) = counting_waker();
        let mut cx = Context::from_waker(&waker);
        assert!(signal.poll_notified(&mut cx).is_pending());
        let notifiers: Vec<_> = (0..2)
            .map(|_| {
                let signal = Arc::clone(&signal);
                thread::spawn(move || signal.notify())
            })
            .collect();
        let woken = notifiers.into_iter().map(|notifier| notifier.join().expect("no panic"));
        assert_eq!(woken.filter(|woke| *woke).count(), 1, "one of them wakes, and it is the only one to try");
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
        assert!(signal.poll_notified(&mut cx).is_ready(), "a notification was lost");
        assert!(signal.poll_notified(&mut cx).is_pending(), "a notification was seen twice");
    });
}

#[test]
fn a_notification_while_spinning_wakes_once() {
    model(|| {
        let signal = Arc::new(Signal::new());
        let (wakes, waker) = counting_waker();
        let mut cx = Context::from_waker(&waker);
        assert!(signal.poll_notified(&mut cx).is_pending());
        let notifier = {
            let signal = Arc::clone(&signal);
            thread::spawn(move || signal.notify())
        };
        let mut looks = 0;
        signal.spin(|| {
            looks += 1;
            looks < 2
        });
        notifier.join().expect("no panic");
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "woken by the spin or by the notifier, once");
        assert!(signal.poll_notified(&mut cx).is_ready());
    });
}
