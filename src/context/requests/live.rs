//! Live requests by key and by tag: a table whose entries are chained by their tags, so that those of one tag are found without
//! a look at the others, and each is removed at the same cost, however many have its tag.

use std::iter;
use std::mem::{ManuallyDrop, replace};

/// Entries, and chains, at first; both double when there is no vacant entry.
const FIRST: usize = 16;

/// The end of a chain, and of the list of vacant entries.
const NONE: usize = usize::MAX;

#[derive(Debug)]
struct Entry<V> {
    /// None if the entry is vacant.
    value: Option<V>,
    tag: usize,
    /// In the chain of the tag, or in the list of vacant entries.
    next: usize,
    previous: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Live<V> {
    entries: Vec<Entry<V>>,
    /// The first entry of each chain. As many as there are entries: a power of two, or none.
    heads: Vec<usize>,
    /// What is left of a product of 64 bits when it is shifted by this is the number of a chain.
    shift: u32,
    /// The entry that was vacated last.
    vacant: usize,
    len: usize,
}

impl<V> Live<V> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), heads: Vec::new(), shift: u64::BITS - 1, vacant: NONE, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn insert(&mut self, tag: usize, value: V) -> usize {
        loop {
            let (key, chain) = (self.vacant, self.chain(tag));
            if let (Some(entry), Some(head)) = (self.entries.get_mut(key), self.heads.get_mut(chain)) {
                let next = replace(head, key);
                self.vacant = replace(&mut entry.next, next);
                // There was none, so there is nothing to drop: nothing can fail here.
                let _none = ManuallyDrop::new(entry.value.replace(value));
                (entry.tag, entry.previous) = (tag, NONE);
                self.len += 1;
                if let Some(entry) = self.entries.get_mut(next) {
                    entry.previous = key;
                }
                return key;
            }
            self.grow();
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut V> {
        self.entries.get_mut(key)?.value.as_mut()
    }

    #[inline]
    pub(super) fn remove(&mut self, key: usize) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        let value = entry.value.take()?;
        let (tag, next, previous) = (entry.tag, replace(&mut entry.next, self.vacant), entry.previous);
        self.vacant = key;
        self.len -= 1;
        match self.entries.get_mut(previous) {
            Some(entry) => entry.next = next,
            None => self.set_head(tag, next),
        }
        if let Some(entry) = self.entries.get_mut(next) {
            entry.previous = previous;
        }
        Some(value)
    }

    /// Has `each` see those of a tag.
    pub(super) fn for_each_tagged(&mut self, tag: usize, mut each: impl FnMut(&mut V)) {
        let mut key = self.heads.get(self.chain(tag)).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get_mut(key) {
            key = entry.next;
            if entry.tag == tag {
                entry.value.iter_mut().for_each(&mut each);
            }
        }
    }

    /// Has `each` see all.
    pub(super) fn for_each(&mut self, each: impl FnMut(&mut V)) {
        self.entries.iter_mut().filter_map(|entry| entry.value.as_mut()).for_each(each);
    }

    /// Keeps those for which `keep` is true. The others are dropped.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        for entry in &mut self.entries {
            entry.value.take_if(|value| !keep(value));
        }
        self.link_all();
    }

    /// The chain of a tag: multiplication by 2^64 over the golden ratio spreads numbers that are multiples of one another, as
    /// addresses are (Knuth, The Art of Computer Programming, volume 3, 6.4).
    #[inline]
    fn chain(&self, tag: usize) -> usize {
        ((tag as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    #[inline]
    fn set_head(&mut self, tag: usize, key: usize) {
        let chain = self.chain(tag);
        if let Some(head) = self.heads.get_mut(chain) {
            *head = key;
        }
    }

    fn link(&mut self, key: usize, tag: usize) {
        let chain = self.chain(tag);
        let Some(head) = self.heads.get_mut(chain) else { return };
        let next = replace(head, key);
        if let Some(entry) = self.entries.get_mut(next) {
            entry.previous = key;
        }
        if let Some(entry) = self.entries.get_mut(key) {
            (entry.next, entry.previous) = (next, NONE);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let entries = (self.entries.len() * 2).max(FIRST);
        self.entries.reserve_exact(entries - self.entries.len());
        let vacant = iter::repeat_with(|| Entry { value: None, tag: 0, next: NONE, previous: NONE });
        self.entries.extend(vacant.take(entries - self.entries.len()));
        self.heads.resize(entries, NONE);
        self.shift = u64::BITS - entries.ilog2();
        self.link_all();
    }

    /// Makes every chain anew, and the list of vacant entries.
    #[cold]
    fn link_all(&mut self) {
        self.heads.fill(NONE);
        (self.vacant, self.len) = (NONE, 0);
        for key in (0..self.entries.len()).rev() {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            if entry.value.is_some() {
                let tag = entry.tag;
                self.len += 1;
                self.link(key, tag);
            } else {
                entry.next = replace(&mut self.vacant, key);
            }
        }
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod oracle {
    //! Random operations, compared with a plain map.

    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Operation {
        Insert(usize),
        Remove(usize),
        Tagged(usize),
        Retain(u32),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            6 => (0..5usize).prop_map(|tag| Operation::Insert(tag * 4_096)),
            4 => any::<usize>().prop_map(Operation::Remove),
            2 => (0..6usize).prop_map(|tag| Operation::Tagged(tag * 4_096)),
            1 => (0..4u32).prop_map(Operation::Retain),
        ]
    }

    fn apply(live: &mut Live<u32>, map: &mut BTreeMap<usize, (usize, u32)>, number: u32, operation: &Operation) {
        match *operation {
            Operation::Insert(tag) => assert_eq!(map.insert(live.insert(tag, number), (tag, number)), None),
            Operation::Remove(nth) => {
                let key = map.keys().nth(nth % map.len().max(1)).copied().unwrap_or(nth);
                assert_eq!(live.remove(key), map.remove(&key).map(|(_, number)| number));
                assert_eq!((live.remove(key), live.get_mut(key)), (None, None));
            }
            Operation::Tagged(tag) => {
                let mut seen = Vec::new();
                live.for_each_tagged(tag, |number| seen.push(*number));
                seen.sort_unstable();
                let expected = map.values().filter(|(other, _)| *other == tag).map(|(_, number)| *number);
                let mut expected: Vec<_> = expected.collect();
                expected.sort_unstable();
                assert_eq!(seen, expected);
            }
            Operation::Retain(rest) => {
                live.retain(|number| *number % 4 != rest);
                map.retain(|_, (_, number)| *number % 4 != rest);
            }
        }
        assert_eq!(live.len(), map.len());
        let mut count = 0;
        live.for_each(|_| count += 1);
        assert_eq!(count, map.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn live_requests_are_what_a_map_holds(operations in prop::collection::vec(operation(), 1..300)) {
            let (mut live, mut map) = (Live::new(), BTreeMap::new());
            for (number, operation) in (0..).zip(&operations) {
                apply(&mut live, &mut map, number, operation);
            }
        }
    }

    #[test]
    fn chains_become_more_as_entries_do() {
        let mut live = Live::new();
        let keys: Vec<_> = (0..100 * FIRST).map(|tag| live.insert(tag, tag)).collect();
        assert!(live.heads.len() >= live.len() && live.heads.len() == live.entries.len());
        for (tag, key) in keys.into_iter().enumerate() {
            let mut seen = Vec::new();
            live.for_each_tagged(tag, |value| seen.push(*value));
            assert_eq!((seen, live.remove(key)), (vec![tag], Some(tag)));
        }
        assert!(live.heads.iter().all(|head| *head == NONE));
    }

    #[test]
    fn addresses_are_spread_over_the_chains() {
        let mut live = Live::new();
        (0..100 * FIRST).for_each(|n| _ = live.insert(n * 4_096, ()));
        assert!(live.heads.len().is_power_of_two());
        assert!(live.entries.capacity() < 2 * live.entries.len(), "no more room than its entries need");
        let used = live.heads.iter().filter(|head| **head != NONE).count();
        assert!(used > live.len() / 2, "{used} chains for {} tags", live.len());
    }
}
