//! Random operations on the registry, compared with a plain map.

use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Clone, Debug)]
enum Operation {
    Register(usize),
    /// Those whose bit is set.
    RegisterAll(u8),
    RegisterForClient(usize),
    Unregister(usize),
    /// By a number that a client was given.
    UnregisterForClient(usize, usize),
    LookUp {
        name: usize,
        declared: bool,
    },
    LetGo(usize),
    Refresh,
    /// The loop's turn, which lets go of what is retired.
    Turn,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => (0..NAMES.len()).prop_map(Operation::Register),
        2 => (0_u8..16).prop_map(Operation::RegisterAll),
        3 => (0..NAMES.len()).prop_map(Operation::RegisterForClient),
        2 => (0..NAMES.len()).prop_map(Operation::Unregister),
        3 => (0..NAMES.len(), any::<usize>()).prop_map(|(name, nth)| Operation::UnregisterForClient(name, nth)),
        6 => (0..NAMES.len(), any::<bool>()).prop_map(|(name, declared)| Operation::LookUp { name, declared }),
        4 => any::<usize>().prop_map(Operation::LetGo),
        2 => Just(Operation::Refresh),
        2 => Just(Operation::Turn),
    ]
}

const NAMES: [&str; 4] = ["one", "two", "three", "four"];

/// A registration by its number; says when it is dropped.
#[derive(Debug)]
struct Function(usize, Rc<RefCell<Vec<u32>>>);

/// Limits of 0 to 3; 0 is no limit.
impl Limited for Function {
    fn max_in_flight(&self) -> u32 {
        (self.0 / 2) as u32 % 4
    }

    fn is_plain(&self) -> bool {
        self.max_in_flight() == 0 && self.0.is_multiple_of(2)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.1.borrow_mut()[self.0] += 1;
    }
}

impl Removed<'_, Function> {
    fn number(&self) -> usize {
        self.entry.function.0
    }
}

#[derive(Default)]
struct Oracle {
    registered: HashMap<usize, usize>,
    /// What clients have registered, under what name, and the number that they were given.
    of_clients: Vec<(usize, usize, u64)>,
    seen: HashMap<usize, usize>,
    unregistered: Vec<usize>,
    /// Seen once, and not any longer, since the last turn.
    retired: Vec<usize>,
    holds: Vec<(usize, Hold<Function>)>,
    released: Rc<RefCell<Vec<u32>>>,
}

impl Oracle {
    fn apply(&mut self, registry: &Registry<Function>, snapshot: &Snapshot<Function>, operation: &Operation) {
        match *operation {
            Operation::Register(name) => {
                let function = self.function();
                let number = function.0;
                let replaced = registry.register(NAMES[name], function).expect("it is open");
                assert_eq!(replaced.map(|removed| removed.number()), self.registered.insert(name, number));
            }
            Operation::RegisterAll(bits) => self.register_all(registry, bits),
            Operation::RegisterForClient(name) => self.register_for_client(registry, name),
            Operation::Unregister(name) => {
                let gone = registry.unregister(NAMES[name]).map(|removed| removed.number());
                assert_eq!(gone, self.registered.remove(&name));
                self.unregistered.extend(gone);
            }
            Operation::UnregisterForClient(name, nth) if !self.of_clients.is_empty() => {
                let (registered, function, number) = self.of_clients[nth % self.of_clients.len()];
                let gone = registry.unregister_for_client(NAMES[name], number).map(|removed| removed.number());
                let is_there = name == registered && self.registered.get(&name) == Some(&function);
                assert_eq!(gone, is_there.then_some(function), "what this client registered, and no other");
                self.registered.retain(|_, there| Some(*there) != gone);
                self.unregistered.extend(gone);
            }
            Operation::UnregisterForClient(..) => {}
            Operation::LookUp { name, declared } => self.look_up(registry, snapshot, name, declared),
            Operation::LetGo(nth) if !self.holds.is_empty() => {
                let (number, hold) = self.holds.swap_remove(nth % self.holds.len());
                assert_eq!(hold.is_unregistered(), self.unregistered.contains(&number));
            }
            Operation::LetGo(_) => {}
            Operation::Refresh => self.refresh(registry, snapshot),
            Operation::Turn => {
                // SAFETY: nothing is lent beyond `look_up`.
                unsafe { snapshot.drop_retired() };
                self.retired.clear();
            }
        }
        assert_eq!(registry.len(), self.registered.len());
        for (number, released) in self.released.borrow().iter().enumerate() {
            let mut there = self.registered.values().chain(self.seen.values()).chain(&self.retired);
            let in_use = there.any(|other| *other == number) || self.holds.iter().any(|(other, _)| *other == number);
            assert_eq!(*released, u32::from(!in_use), "registration {number}");
        }
    }

    /// Takes everything back; nothing can be registered after that.
    fn close(&mut self, registry: &Registry<Function>) {
        assert_eq!(registry.close().len(), self.registered.len());
        self.registered.clear();
        assert!(registry.register(NAMES[0], self.function()).is_err());
        let all = NAMES.map(|name| (name, self.function())).into();
        assert!(registry.register_all(all).is_err_and(|refused| refused.len() == NAMES.len()));
        assert!(matches!(registry.register_for_client(NAMES[0], self.function()), Err(Refused::Closed(_))));
        assert!(registry.unregister(NAMES[0]).is_none());
        assert!(registry.await_given_back(Instant::now()), "nobody has anything");
    }

    fn function(&self) -> Function {
        let number = self.released.borrow().len();
        self.released.borrow_mut().push(0);
        Function(number, Rc::clone(&self.released))
    }

    fn register_all(&mut self, registry: &Registry<Function>, bits: u8) {
        let names: Vec<_> = (0..NAMES.len()).filter(|name| bits >> name & 1 == 1).collect();
        let functions: Vec<_> = names.iter().map(|name| (NAMES[*name], self.function())).collect();
        let numbers: Vec<_> = functions.iter().map(|(_, function)| function.0).collect();
        let replaced = registry.register_all(functions).expect("it is open");
        let before = names.iter().zip(numbers).filter_map(|(name, number)| self.registered.insert(*name, number));
        let before: Vec<_> = before.collect();
        assert_eq!(replaced.iter().map(Removed::number).collect::<Vec<_>>(), before);
    }

    fn register_for_client(&mut self, registry: &Registry<Function>, name: usize) {
        let function = self.function();
        let number = function.0;
        let before = self.registered.get(&name).copied();
        let is_a_clients = |number| self.of_clients.iter().any(|(_, client, _)| *client == number);
        match registry.register_for_client(NAMES[name], function) {
            Ok((known_by, replaced)) => {
                assert!(before.is_none_or(is_a_clients), "it is the host's");
                assert_eq!(replaced.map(|removed| removed.number()), before);
                assert!(self.of_clients.iter().all(|(_, _, other)| *other != known_by));
                self.registered.insert(name, number);
                self.of_clients.push((name, number, known_by));
            }
            Err(Refused::Closed(_)) => panic!("it is open"),
            Err(Refused::IsTheHosts(refused)) => {
                assert!(refused.0 == number && before.is_some_and(|before| !is_a_clients(before)));
            }
        }
    }

    fn refresh(&mut self, registry: &Registry<Function>, snapshot: &Snapshot<Function>) {
        let gone = |number: &usize| !self.registered.values().any(|other| other == number);
        let expected = self.seen.values().any(|number| gone(number) && self.unregistered.contains(number));
        assert_eq!(snapshot.refresh(registry), expected);
        assert!(!snapshot.is_stale(registry));
        self.retired.extend(self.seen.values().filter(|number| gone(number)));
        self.seen = self.registered.clone();
    }

    fn look_up(&mut self, registry: &Registry<Function>, snapshot: &Snapshot<Function>, name: usize, declared: bool) {
        self.refresh(registry, snapshot);
        let id = if declared { name * 3 + 1 } else { 0 };
        let name_and_id = Name::Given { text: NAMES[name], id };
        let plain = snapshot.lend_plain(&name_and_id).map(|lent| {
            assert!(declared && lent.function().is_plain());
            let number = lent.function().0;
            let hold = lent.into_hold();
            assert_eq!(hold.function().0, number);
            self.holds.push((number, hold));
            number
        });
        let found = snapshot.get(&name_and_id);
        let expected = self.registered.get(&name);
        assert!(plain.is_none() || plain.as_ref() == expected, "{plain:?} instead of {expected:?}");
        let open = self.holds.iter().filter(|(number, _)| Some(number) == expected).count();
        let limit = found.as_ref().map_or_else(
            |missing| if let Missing::Full(entry) = missing { entry.limit } else { 0 },
            |hold| hold.function().max_in_flight(),
        );
        match (found, expected) {
            (Ok(hold), Some(number)) => {
                assert!(hold.function().0 == *number && (limit == 0 || open < limit as usize));
                self.holds.push((*number, hold));
            }
            (Err(Missing::Full(_)), Some(_)) => assert!(limit != 0 && open >= limit as usize),
            (Err(Missing::NotRegistered), None) => {}
            (found, expected) => panic!("{found:?}, but {expected:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_registry_does_what_a_map_does(operations in prop::collection::vec(operation(), 1..100)) {
        let (registry, snapshot, mut oracle) = (Registry::new(), Snapshot::new(), Oracle::default());
        for operation in &operations {
            oracle.apply(&registry, &snapshot, operation);
        }
        oracle.close(&registry);
        oracle.apply(&registry, &snapshot, &Operation::Refresh);
        oracle.apply(&registry, &snapshot, &Operation::Turn);
        oracle.holds.clear();
        let released = oracle.released.borrow();
        prop_assert!(released.iter().all(|times| *times == 1), "{released:?}");
    }
}

#[test]
fn what_is_lent_is_there_until_the_loops_next_turn() {
    const NAME: Name<'_> = Name::Given { text: "one", id: 1 };
    let (registry, snapshot) = (Registry::new(), Snapshot::new());
    let released = Rc::new(RefCell::new(vec![0]));
    assert!(registry.register("one", Function(0, Rc::clone(&released))).expect("it is open").is_none());
    snapshot.refresh(&registry);
    assert!(snapshot.lend_plain(&NAME).is_none(), "its name was not looked up before");
    drop(snapshot.get(&NAME).expect("it is registered"));
    let [kept, left] = [(); 2].map(|()| snapshot.lend_plain(&NAME).expect("its name was looked up"));
    drop(registry.unregister("one"));
    snapshot.refresh(&registry);
    assert!(snapshot.lend_plain(&NAME).is_none(), "it is registered no longer");
    assert_eq!((left.function().0, &*released.borrow()), (0, &vec![0]), "released while it is lent");
    let hold = kept.into_hold();
    // SAFETY: what was lent is not used any longer.
    unsafe { snapshot.drop_retired() };
    assert_eq!((hold.function().0, &*released.borrow()), (0, &vec![0]), "released while it is held");
    drop(hold);
    assert_eq!(*released.borrow(), [1]);
}
