//! Live requests by key and by tag: a slab whose entries are chained by their tags, so that those of one tag are found without
//! a look at the others, and each is removed at the same cost, however many have its tag.

use slab::Slab;

/// Chains at first; their number is a power of two, and doubles when there are more entries.
const CHAINS: usize = 64;

/// The end of a chain.
const NONE: usize = usize::MAX;

#[derive(Debug)]
struct Entry<V> {
    value: V,
    tag: usize,
    next: usize,
    previous: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Live<V> {
    entries: Slab<Entry<V>>,
    /// The first entry of each chain; none before the first entry.
    heads: Vec<usize>,
}

impl<V> Live<V> {
    pub(super) fn new() -> Self {
        Self { entries: Slab::new(), heads: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn insert(&mut self, tag: usize, value: V) -> usize {
        if self.entries.len() >= self.heads.len() {
            self.grow();
        }
        let key = self.entries.insert(Entry { value, tag, next: NONE, previous: NONE });
        self.link(key, tag);
        key
    }

    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    pub(super) fn remove(&mut self, key: usize) -> Option<V> {
        let Entry { value, tag, next, previous } = self.entries.try_remove(key)?;
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
        let mut key = self.chain(tag).and_then(|chain| self.heads.get(chain)).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get_mut(key) {
            key = entry.next;
            if entry.tag == tag {
                each(&mut entry.value);
            }
        }
    }

    /// Has `each` see all.
    pub(super) fn for_each(&mut self, mut each: impl FnMut(&mut V)) {
        self.entries.iter_mut().for_each(|(_, entry)| each(&mut entry.value));
    }

    /// Keeps those for which `keep` is true. The others are dropped.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        self.entries.retain(|_, entry| keep(&mut entry.value));
        self.chain_anew();
    }

    /// The chain of a tag: multiplication by 2^64 over the golden ratio spreads numbers that are multiples of one another, as
    /// addresses are (Knuth, The Art of Computer Programming, volume 3, 6.4).
    fn chain(&self, tag: usize) -> Option<usize> {
        let bits = self.heads.len().checked_ilog2()?;
        let spread = (tag as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Some((spread >> (u64::BITS - bits)) as usize)
    }

    fn set_head(&mut self, tag: usize, key: usize) {
        if let Some(head) = self.chain(tag).and_then(|chain| self.heads.get_mut(chain)) {
            *head = key;
        }
    }

    fn link(&mut self, key: usize, tag: usize) {
        let Some(head) = self.chain(tag).and_then(|chain| self.heads.get_mut(chain)) else { return };
        let next = std::mem::replace(head, key);
        if let Some(entry) = self.entries.get_mut(next) {
            entry.previous = key;
        }
        if let Some(entry) = self.entries.get_mut(key) {
            (entry.next, entry.previous) = (next, NONE);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let chains = (self.heads.len() * 2).max(CHAINS);
        self.heads.resize(chains, NONE);
        self.chain_anew();
    }

    fn chain_anew(&mut self) {
        self.heads.fill(NONE);
        let tags: Vec<_> = self.entries.iter().map(|(key, entry)| (key, entry.tag)).collect();
        tags.into_iter().for_each(|(key, tag)| self.link(key, tag));
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
        let keys: Vec<_> = (0..10 * CHAINS).map(|tag| live.insert(tag, tag)).collect();
        assert!(live.heads.len() >= live.len());
        for (tag, key) in keys.into_iter().enumerate() {
            let mut seen = Vec::new();
            live.for_each_tagged(tag, |value| seen.push(*value));
            assert_eq!((seen, live.remove(key)), (vec![tag], Some(tag)));
        }
        assert!(live.heads.iter().all(|head| *head == NONE));
    }
}
