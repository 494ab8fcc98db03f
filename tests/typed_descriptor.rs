//! The descriptor that the running library has, and the one that is read out of this very file without running it.

mod typed;

use ffihost::{DecodeError, Handle, HostError, ffi, ffi_event, ffi_host};
use ffihost_abi::layout::LAYOUT;
use ffihost_schema::{Formats, Library, Payload, Receiver, Type, Value, documents_in_file, libraries_in_file};

ffihost::library!("my_app", MyApp);

/// The state.
pub struct MyApp;

/// How many there may be.
#[ffi]
pub const MAX: u32 = 9;

/// Below zero.
#[ffi]
pub const LEAST: i64 = -9;

/// A text.
#[ffi]
pub const NAME: &str = "näme";

/// Makes it.
/// In two lines.
#[ffi(constructor)]
async fn make(
    /// What it is called.
    name: String,
) -> Result<MyApp, Wrong> {
    let _ = name;
    Ok(MyApp)
}

/// A point.
#[ffi]
#[derive(Clone, Debug)]
pub struct Point {
    /// Across.
    pub x: u8,
    /// Along.
    pub y: f64,
    /// Keyword.
    pub r#type: Option<u16>,
}

/// What goes wrong.
#[ffi(error)]
#[derive(Debug)]
pub enum Wrong {
    /// Nothing at all.
    Nothing,
    /// A text.
    Text(String),
    /// Where it was.
    At {
        /// There.
        point: Point,
        /// So often.
        times: u16,
    },
}

/// A file.
#[ffi(handle)]
pub struct File;

/// Draws a line.
#[ffi]
async fn draw(
    _app: &MyApp,
    points: Vec<Point>,
    by_name: std::collections::HashMap<String, Vec<u8>>,
) -> Result<Handle<File>, Wrong> {
    drop((points, by_name));
    Ok(Handle::new(File))
}

/// Reads.
#[ffi(formats(native))]
fn read(_file: &File, len: u64) -> Vec<Option<bool>> {
    vec![None; usize::try_from(len).unwrap_or_default()]
}

/// Needs nobody.
#[ffi]
fn free() {}

/// Asks.
#[ffi_host]
async fn ask(
    /// What.
    what: &str,
    points: &[Point],
) -> Result<Point, HostError<String>>;

/// Tells.
#[ffi_event]
fn told(r#in: bool, file: Handle<File>);

fn read_out() -> (Library, Vec<u8>) {
    let file = std::fs::read(std::env::current_exe().expect("there is one")).expect("it can be read");
    let mut libraries = libraries_in_file(&file).expect("there is a library in it");
    assert_eq!(libraries.len(), 1);
    let document = documents_in_file(&file).expect("as above").remove(0);
    (libraries.remove(0).into_library(), document)
}

#[test]
fn the_file_says_what_the_library_says() {
    let (library, document) = read_out();
    assert_eq!(document, typed::document(), "byte by byte");
    assert_eq!(library, typed::library());
    assert_eq!(library.hash, typed::c::abi_hash());
    assert_eq!((&*library.name, &*library.version), ("my_app", env!("CARGO_PKG_VERSION")));
    assert_eq!(library.pointer_width, usize::BITS);
    assert_eq!((library.target, typed::c::abi_layout()), (LAYOUT, LAYOUT));
    assert_eq!(library.formats, Formats { native: true, cbor: true });
}

#[test]
fn every_item_is_there_with_its_types() {
    let library = typed::library();
    let point = || Type::Named("Point".to_owned());
    let list = |of| Type::List(Box::new(of));
    assert_eq!(library.constructor.params[0].ty, Type::String);
    assert_eq!(library.constructor.error, Some(Type::Named("Wrong".to_owned())));
    let [draw, free, read] = &library.requests[..] else { panic!("{:?}", library.requests) };
    assert_eq!((&*draw.name, draw.asynchronous, &draw.receiver), ("draw", true, &Receiver::Context));
    let params: Vec<_> = draw.params.iter().map(|it| (&*it.name, it.ty.clone())).collect();
    assert_eq!(params, [("points", list(point())), ("by_name", Type::Map(Box::new(Type::Bytes)))]);
    assert_eq!((&draw.result, &draw.error), (&Type::Handle("File".to_owned()), &Some(Type::Named("Wrong".to_owned()))));
    assert_eq!(
        (free.asynchronous, &free.receiver, &free.result, &free.error),
        (false, &Receiver::Free, &Type::Unit, &None)
    );
    assert_eq!(read.receiver, Receiver::Handle("File".to_owned()));
    assert_eq!(
        (read.formats, &*read.receiver_name),
        (Formats { native: true, cbor: false }, "_file"),
        "the handle comes first"
    );
    assert_eq!(read.result, list(Type::Option(Box::new(Type::Bool))));
    let ask = &library.host_fns[0];
    assert_eq!((&*ask.name, ask.asynchronous, &ask.result, &ask.error), ("ask", true, &point(), &Some(Type::String)));
    assert_eq!(ask.params.iter().map(|it| it.ty.clone()).collect::<Vec<_>>(), [Type::String, list(point())]);
    let told: Vec<_> = library.events[0].params.iter().map(|it| (&*it.name, it.ty.clone())).collect();
    assert_eq!(told, [("in", Type::Bool), ("file", Type::Handle("File".to_owned()))]);
    let constants: Vec<_> = library.constants.iter().map(|it| (&*it.name, it.value.clone())).collect();
    assert_eq!(
        constants,
        [("LEAST", Value::Signed(-9)), ("MAX", Value::Unsigned(9)), ("NAME", Value::Text("näme".to_owned()))]
    );
    let wrong = &library.enums[0];
    assert!(wrong.error && !library.structs[0].error);
    assert_eq!(wrong.variants.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["Nothing", "Text", "At"]);
    assert_eq!(wrong.variants[1].payload, Payload::One(Type::String));
}

#[test]
fn every_comment_is_there() {
    let library = typed::library();
    assert_eq!(&*library.constructor.docs, "Makes it.\nIn two lines.");
    assert_eq!(&*library.constructor.params[0].docs, "What it is called.");
    let docs: Vec<_> = library.structs[0].fields.iter().map(|it| &*it.docs).collect();
    assert_eq!((&*library.structs[0].docs, docs), ("A point.", vec!["Across.", "Along.", "Keyword."]));
    let wrong = &library.enums[0];
    assert_eq!(
        wrong.variants.iter().map(|it| &*it.docs).collect::<Vec<_>>(),
        ["Nothing at all.", "A text.", "Where it was."]
    );
    let Payload::Fields(fields) = &wrong.variants[2].payload else { panic!("it has fields") };
    assert_eq!(fields.iter().map(|it| &*it.docs).collect::<Vec<_>>(), ["There.", "So often."]);
    assert_eq!(
        library.requests.iter().map(|it| &*it.docs).collect::<Vec<_>>(),
        ["Draws a line.", "Needs nobody.", "Reads."]
    );
    let ask = &library.host_fns[0];
    assert_eq!((&*ask.docs, &*ask.params[0].docs, &*ask.params[1].docs), ("Asks.", "What.", ""));
    assert_eq!((&*library.events[0].docs, &*library.handles[0].docs), ("Tells.", "A file."));
    assert_eq!(&*library.constants[1].docs, "How many there may be.");
}

#[test]
fn layouts_are_those_of_c() {
    #[repr(C)]
    struct CPoint {
        x: u8,
        y: f64,
        r#type: typed::Optional<u16>,
    }
    #[repr(C)]
    struct CAskArgs {
        what: typed::Str,
        points: typed::List<CPoint>,
    }
    #[repr(C)]
    struct CAt {
        point: CPoint,
        times: u16,
    }
    let library = typed::library();
    let layout = &library.structs[0].layout;
    let offsets =
        [std::mem::offset_of!(CPoint, x), std::mem::offset_of!(CPoint, y), std::mem::offset_of!(CPoint, r#type)];
    assert_eq!((layout.size, layout.align), (size_of::<CPoint>() as u64, align_of::<CPoint>() as u64));
    assert_eq!(layout.offsets, offsets.map(|offset| offset as u64));
    let ask = &library.host_fns[0].layout;
    assert_eq!((ask.size, &*ask.offsets), (size_of::<CAskArgs>() as u64, &[0, 16][..]));
    assert_eq!((library.events[0].layout.size, &*library.events[0].layout.offsets), (16, &[0, 8][..]));
    let wrong = library.enums[0].layout.as_ref().expect("it has data");
    assert_eq!((wrong.size, wrong.align, &*wrong.offsets), (size_of::<CAt>() as u64 + 8, 8, &[8][..]));
}

/// What a test of descriptors does not call.
#[test]
fn the_library_is_used() {
    let _: [&dyn std::any::Any; 2] = [&ask as &dyn std::any::Any, &told];
    let _ = DecodeError::new("nothing");
}
