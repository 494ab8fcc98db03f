//! Compiled files: ELF, Mach-O and PE, and archives of such. Nothing in them is run.

use super::document::{assemble, hash};
use super::gather::gather;
use super::piece::split;
use super::{Checked, Piece, ReadError};
use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, MachOFatFile, MachOFatFile32, MachOFatFile64};
use object::{FileKind, Object, ObjectSection};

/// So many architectures of a universal file are looked at.
const MAX_SLICES: usize = 16;

/// So many bytes of pieces are read.
const MAX_SURFACE: usize = 16 << 20;

/// Reads the surface of every ffihost library in a compiled file: a shared library, an object, or an archive of objects.
///
/// Nothing is run, so the file may be for any architecture. Of a universal file the first slice is read; the others must
/// have the same surface. The order is that of the crates' names.
///
/// # Errors
///
/// If it is no such file, has no library in it, or the library's items do not go together.
///
/// # Examples
///
/// ```no_run
/// let file = std::fs::read("target/debug/libmy_app.so")?;
/// for library in ffihost_schema::libraries_in_file(&file)? {
///     println!("{} {} asks its host for:", library.name, library.version);
///     library.host_fns.iter().for_each(|host_fn| println!("  {}", host_fn.name));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn libraries_in_file(file: &[u8]) -> Result<Vec<Checked>, ReadError> {
    documents_in_file(file)?.iter().map(|document| Checked::from_document(document)).collect()
}

/// The documents of every ffihost library in a compiled file: for each what its `<lib>_abi_descriptor` returns.
///
/// # Errors
///
/// If it is no such file, or has no library in it.
pub fn documents_in_file(file: &[u8]) -> Result<Vec<Vec<u8>>, ReadError> {
    let slices = slices(file)?;
    let mut surfaces = slices.iter().map(|slice| gather(&pieces(slice)?));
    let first = surfaces.next().unwrap_or(Err(ReadError::NoSection))?;
    let first_hashes = hashes(&first);
    for other in surfaces {
        if hashes(&other?) != first_hashes {
            return Err(ReadError::SlicesDiffer);
        }
    }
    // A file may have many libraries that all use what one crate defines.
    let bytes = |pieces: &Vec<Piece<'_>>| pieces.iter().map(|piece| piece.item.len() + piece.info.len()).sum::<usize>();
    if first.iter().map(bytes).sum::<usize>() > MAX_SURFACE {
        return Err(ReadError::TooMuch { what: "bytes of descriptors", limit: MAX_SURFACE });
    }
    Ok(first.iter().map(|pieces| assemble(pieces)).collect())
}

fn hashes(libraries: &[Vec<Piece<'_>>]) -> Vec<u64> {
    let of = |pieces: &Vec<Piece<'_>>| {
        let mut items: Vec<_> = pieces.iter().map(|piece| piece.item).collect();
        items.sort_unstable();
        hash(&items)
    };
    libraries.iter().map(of).collect()
}

/// The files for single architectures in a file.
fn slices(file: &[u8]) -> Result<Vec<&[u8]>, ReadError> {
    match FileKind::parse(file).map_err(not_a_library)? {
        FileKind::MachOFat32 => fat_slices(&MachOFatFile32::parse(file).map_err(not_a_library)?, file),
        FileKind::MachOFat64 => fat_slices(&MachOFatFile64::parse(file).map_err(not_a_library)?, file),
        _ => Ok(vec![file]),
    }
}

fn fat_slices<'a, Arch: FatArch>(fat: &MachOFatFile<'a, Arch>, file: &'a [u8]) -> Result<Vec<&'a [u8]>, ReadError> {
    if fat.arches().len() > MAX_SLICES {
        return Err(ReadError::TooMuch { what: "architectures in one file", limit: MAX_SLICES });
    }
    fat.arches().iter().map(|arch| arch.data(file).map_err(not_a_library)).collect()
}

/// All pieces in a file for one architecture.
fn pieces(file: &[u8]) -> Result<Vec<Piece<'_>>, ReadError> {
    let mut sections = Vec::new();
    if FileKind::parse(file).map_err(not_a_library)? == FileKind::Archive {
        let archive = ArchiveFile::parse(file).map_err(not_a_library)?;
        for member in archive.members() {
            let member = member.and_then(|member| member.data(file)).map_err(not_a_library)?;
            // An archive may hold other things, such as a rlib's metadata.
            if let Ok(object) = object::File::parse(member) {
                push_sections(&object, &mut sections)?;
            }
        }
    } else {
        push_sections(&object::File::parse(file).map_err(not_a_library)?, &mut sections)?;
    }
    if sections.is_empty() {
        return Err(ReadError::NoSection);
    }
    // Sections of a hostile file may share their bytes.
    if sections.iter().map(|section| section.len()).sum::<usize>() > MAX_SURFACE.min(file.len()) {
        return Err(ReadError::TooMuch { what: "bytes of the ffihost section", limit: MAX_SURFACE.min(file.len()) });
    }
    let mut pieces = Vec::new();
    for section in sections {
        pieces.extend(split(section)?);
    }
    Ok(pieces)
}

fn push_sections<'a>(object: &object::File<'a>, sections: &mut Vec<&'a [u8]>) -> Result<(), ReadError> {
    for section in object.sections() {
        if section.name_bytes().is_ok_and(holds_pieces) {
            sections.push(section.data().map_err(not_a_library)?);
        }
    }
    Ok(())
}

/// Whether a section of that name holds pieces. In objects for PE there is something behind the name, by which the linker
/// orders them.
fn holds_pieces(name: &[u8]) -> bool {
    let mach_o = crate::SECTION_MACH_O.rsplit(',').next().unwrap_or_default();
    let pe = name.strip_prefix(crate::SECTION_PE.as_bytes());
    name == crate::SECTION.as_bytes()
        || name == mach_o.as_bytes()
        || pe.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"$"))
}

fn not_a_library(error: object::Error) -> ReadError {
    ReadError::NotALibrary { reason: error.to_string() }
}
