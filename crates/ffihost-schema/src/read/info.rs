//! The information that goes with an item: what is not part of the ABI.

use super::cbor::{Damage, Map, Reader};
use super::model::{Deprecated, Docs, Layout};

/// What an item's information says.
pub(super) struct Info<'a> {
    pub(super) docs: Texts,
    pub(super) layout: Option<Vec<u64>>,
    pub(super) map: Map<'a>,
}

impl<'a> Info<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Damage> {
        let map = Map::whole(bytes)?;
        let mut docs = map.need("docs")?;
        let start = docs;
        let mut docs: Vec<_> = docs.list(Reader::text)?.into_iter().map(Docs::from).collect();
        if let Some(mut deprecated) = map.get("deprecated")? {
            for (at, deprecated) in deprecated.list(deprecation)? {
                let text = usize::try_from(at).ok().and_then(|at| docs.get_mut(at));
                text.ok_or_else(|| start.damage("what is deprecated is not among `docs`"))?.deprecated =
                    Some(deprecated);
            }
        }
        let layout = map.get("layout")?.map(|mut layout| layout.list(Reader::unsigned)).transpose()?;
        Ok(Self { docs: Texts { docs: docs.into_iter(), missing: 0 }, layout, map })
    }
}

/// What is deprecated, by its place among the texts.
fn deprecation(reader: &mut Reader<'_>) -> Result<(u64, Deprecated), Damage> {
    let start = *reader;
    if reader.array()? != 3 {
        return Err(start.damage("not a place, a version and a note"));
    }
    let at = reader.unsigned()?;
    Ok((at, Deprecated { since: reader.text()?.to_owned(), note: reader.text()?.to_owned() }))
}

/// The texts, handed out in their order.
pub(super) struct Texts {
    docs: std::vec::IntoIter<Docs>,
    /// How many were asked for and not there.
    missing: usize,
}

impl Texts {
    pub(super) fn next(&mut self) -> Docs {
        self.docs.next().unwrap_or_else(|| {
            self.missing += 1;
            Docs::default()
        })
    }

    /// As many were asked for as there are.
    pub(super) fn end(&self) -> Result<(), Damage> {
        match (self.docs.len(), self.missing) {
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
