//! The information that goes with an item: what is not part of the ABI.

use super::cbor::{Damage, Map, Reader};
use super::model::Layout;

/// What an item's information says.
pub(super) struct Info<'a> {
    pub(super) docs: Docs<'a>,
    pub(super) layout: Option<Vec<u64>>,
    pub(super) map: Map<'a>,
}

impl<'a> Info<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Damage> {
        let map = Map::whole(bytes)?;
        let docs = map.need("docs")?.list(Reader::text)?;
        let layout = map.get("layout")?.map(|mut layout| layout.list(Reader::unsigned)).transpose()?;
        Ok(Self { docs: Docs { texts: docs.into_iter(), missing: 0 }, layout, map })
    }
}

/// The texts, handed out in their order.
pub(super) struct Docs<'a> {
    texts: std::vec::IntoIter<&'a str>,
    /// How many were asked for and not there.
    missing: usize,
}

impl Docs<'_> {
    pub(super) fn next(&mut self) -> String {
        self.texts.next().map_or_else(
            || {
                self.missing += 1;
                String::new()
            },
            str::to_owned,
        )
    }

    /// As many were asked for as there are.
    pub(super) fn end(&self) -> Result<(), Damage> {
        match (self.texts.len(), self.missing) {
            (0, 0) => Ok(()),
            (0, missing) => Err(Damage { at: 0, problem: format!("`docs` is too short by {missing}").into() }),
            (more, _) => Err(Damage { at: 0, problem: format!("`docs` is too long by {more}").into() }),
        }
    }
}

/// The layout of something with so many fields. Without fields it may be left out.
pub(super) fn fields_layout(map: &Map<'_>, info: &Info<'_>, fields: usize) -> Result<Layout, Damage> {
    let numbers = match (&info.layout, fields) {
        (Some(numbers), _) => numbers.as_slice(),
        (None, 0) => &[0, 1],
        (None, _) => return Err(map.need("kind")?.damage("`layout` is missing")),
    };
    match layout(numbers, fields) {
        Some(layout) => Ok(layout),
        None => Err(map.need("kind")?.damage("`layout` has not one offset for each of the fields")),
    }
}

/// Size, alignment and so many offsets, if that is what the numbers are.
pub(super) fn layout(numbers: &[u64], offsets: usize) -> Option<Layout> {
    let [size, align, rest @ ..] = numbers else { return None };
    let fits = rest.len() == offsets && rest.iter().all(|offset| offset <= size) && align.is_power_of_two();
    fits.then(|| Layout { size: *size, align: *align, offsets: rest.to_vec() })
}
