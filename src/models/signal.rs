//! The signal: nothing is lost between "there is nothing to do" and "going to sleep", and a burst wakes once.

use super::{block_on, model, thread};
use crate::bridge::{Inbox, Signal};
use crate::sync::Arc;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        let shared = Arc::new((Inbox::new(), Signal::new()));
        let producers: Vec<_> = (0..2)
            .map(|item| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.0.push(item).expect("it is open");
                    shared.1.notify();
                })
            })
            .collect();
        let mut taken = 0;
        block_on(poll_fn(|cx| {
            loop {
                while shared.0.pop().is_some() {
                    taken += 1;
                }
                if taken == 2 {
                    return Poll::Ready(());
                }
                if shared.1.poll_notified(cx).is_pending() {
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
        notifiers.into_iter().for_each(|notifier| assert!(notifier.join().is_ok()));
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
