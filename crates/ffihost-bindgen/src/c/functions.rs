//! What a library exports, with its documentation, and the inline helpers around it.

use super::types::{Passing, Types};
use crate::Error;
use crate::docs::{comment, paragraphs, table};
use crate::names::{self, Scope, identifier};
use crate::text::list;
use ffihost_abi::EXPORTS;
use ffihost_schema::{Field, HostFn, Library, Receiver, Request, Type};

/// Everything that is a function in the header.
pub(crate) struct Functions {
    pub(crate) helpers: Helpers,
    pub(crate) constructor: ConstructorView,
    pub(crate) requests: Vec<RequestView>,
    pub(crate) releases: Vec<Symbol>,
    pub(crate) host_fns: Vec<HostFnView>,
    pub(crate) events: Vec<EventView>,
}

/// The names of the helpers that every header has.
pub(crate) struct Helpers {
    pub(crate) check_abi: String,
    pub(crate) abi_message: String,
    pub(crate) open: String,
    pub(crate) str: String,
    pub(crate) fail_host_fn: String,
    /// The type of what a registration keeps.
    pub(crate) registration: String,
    pub(crate) register: String,
    pub(crate) cancel: String,
    pub(crate) release: String,
}

/// An exported function.
pub(crate) struct Symbol {
    pub(crate) comment: String,
    pub(crate) prototype: String,
}

pub(crate) struct ConstructorView {
    pub(crate) native: Option<Symbol>,
    pub(crate) cbor: Option<Symbol>,
    /// `static inline int my_app_open(…) {`
    pub(crate) open: String,
    /// The arguments that it passes on, each followed by a comma.
    pub(crate) passed: String,
    pub(crate) error: Option<Reader>,
}

pub(crate) struct RequestView {
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) readers: Vec<Reader>,
}

/// A helper that reads what a callback is passed.
pub(crate) struct Reader {
    pub(crate) comment: String,
    pub(crate) head: String,
    /// The status that comes with it.
    pub(crate) status: &'static str,
    pub(crate) c_type: String,
    /// The parameter that a value is put into.
    pub(crate) out: String,
    pub(crate) kind: ReaderKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReaderKind {
    /// Returns a pointer to what it points to.
    Pointer,
    /// Copies the value out.
    Value,
    /// Makes a string of it.
    String,
    /// Makes bytes of it.
    Bytes,
}

pub(crate) struct HostFnView {
    pub(crate) name: String,
    pub(crate) docs: String,
    /// The type of its arguments, if it has any.
    pub(crate) args: Option<String>,
    pub(crate) read_args: String,
    pub(crate) fn_type: String,
    pub(crate) fn_declaration: String,
    /// The type of what a registration of it keeps.
    pub(crate) registration: String,
    pub(crate) call: String,
    pub(crate) call_head: String,
    pub(crate) set_head: String,
    pub(crate) set_with: String,
    pub(crate) set_with_head: String,
    pub(crate) set_with_comment: String,
    pub(crate) answers: Vec<Answer>,
}

/// A helper that answers a host call.
pub(crate) struct Answer {
    pub(crate) comment: String,
    pub(crate) head: String,
    pub(crate) status: &'static str,
    pub(crate) data: String,
    pub(crate) len: String,
    /// The type to pass instead of NULL.
    pub(crate) none: Option<String>,
}

pub(crate) struct EventView {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) args: Option<String>,
    pub(crate) read_args_head: String,
    pub(crate) listen_head: String,
}

impl Functions {
    pub(crate) fn new(library: &Library, types: &Types<'_>, scope: &mut Scope) -> Result<Self, Error> {
        let prefix = &library.name;
        for export in &EXPORTS {
            scope.claim(&export.symbol(prefix), format!("`{}`, which every library exports,", export.name))?;
        }
        for item in &library.requests {
            let whose = format!("the request `{}`", item.name);
            scope.claim(&format!("{prefix}_{}", item.name), &*whose)?;
            scope.claim(&format!("{prefix}_{}", names::cbor(&item.name)), format!("the CBOR form of {whose}"))?;
        }
        for item in &library.handles {
            let name = format!("{prefix}_{}", names::release(&item.name));
            scope.claim(&name, format!("the release of the handle `{}`", item.name))?;
        }
        let mut writer = Writer { library, types, scope };
        let helpers = writer.helpers();
        Ok(Self {
            constructor: writer.constructor(&helpers),
            helpers,
            requests: library.requests.iter().map(|item| writer.request(item)).collect(),
            releases: library.handles.iter().map(|item| writer.release(&item.name)).collect(),
            host_fns: library.host_fns.iter().map(|item| writer.host_fn(item)).collect::<Result<_, _>>()?,
            events: library.events.iter().map(|item| writer.event(&item.name, &item.docs, &item.params)).collect(),
        })
    }
}

/// Parameters under names that clash with nothing in the same list.
fn parameters(params: &[Field], taken: &[&str]) -> Vec<(String, Type)> {
    let mut scope = Scope::default();
    scope.reserve(taken);
    params.iter().map(|field| (scope.give(&identifier(&field.name), &field.name), field.ty.clone())).collect()
}

struct Writer<'w, 'l> {
    library: &'l Library,
    types: &'w Types<'l>,
    scope: &'w mut Scope,
}

impl Writer<'_, '_> {
    fn give(&mut self, name: &str) -> String {
        let name = format!("{}_{name}", self.library.name);
        self.scope.give(&name, "a helper")
    }

    fn give_type(&mut self, name: &str) -> String {
        let name = format!("{}_", self.types.own(name));
        self.scope.give(&name, "a type of the bindings")
    }

    fn helpers(&mut self) -> Helpers {
        Helpers {
            check_abi: self.give("check_abi"),
            abi_message: self.give("abi_message"),
            open: self.give("open"),
            str: self.give("str"),
            fail_host_fn: self.give("fail_host_fn"),
            registration: self.give_type("registration"),
            register: self.give("register_"),
            cancel: self.give("cancel_"),
            release: self.give("release_"),
        }
    }

    /// The declarations of parameters.
    fn declared(&self, params: &[(String, Type)]) -> Vec<String> {
        params.iter().map(|(name, ty)| self.types.parameter(ty, name)).collect()
    }

    fn constructor(&mut self, helpers: &Helpers) -> ConstructorView {
        let (prefix, item) = (&self.library.name, &self.library.constructor);
        let params = parameters(&item.params, &["cb", "userData", "ctx"]);
        let tail = ["FFICallBack cb", "void *userData", "void **ctx"].map(str::to_owned);
        let declared: Vec<_> = self.declared(&params).into_iter().chain(tail.clone()).collect();
        let documented = params.iter().zip(&item.params).map(|((name, _), field)| (&**name, &*field.docs));
        let error = item.error.as_ref().and_then(|error| self.reader("create", "error", error));
        let outcome = format!(
            "Makes a context. *ctx is set before this returns; cb: once, on the FFI thread, FFI_RET_OK when the library's \
             constructor has ended, {}. After an error there is nothing to destroy.\n\
             Returns FFI_RET_OK, MISSING_CALLBACK, INVALID_ARGUMENT, TOO_LARGE or BUSY; see create in ffihost.h. {}, \
             which checks the interface first, is what to call.",
            self.error_carried(item.error.as_ref(), error.as_ref()),
            helpers.open,
        );
        let docs = paragraphs(&[&item.docs, &table(documented), &outcome]);
        let native = item.formats.native.then(|| Symbol {
            comment: comment(0, &docs),
            prototype: list(0, &format!("int {prefix}_create"), &declared, ";"),
        });
        let cbor = item
            .formats
            .cbor
            .then(|| self.cbor("create", &[], &["FFICallBack cb", "void *userData", "void **ctx"], true));
        ConstructorView {
            native,
            cbor,
            open: list(0, &format!("static inline int {}", helpers.open), &declared, " {"),
            passed: params.iter().map(|(name, _)| format!("{name}, ")).collect(),
            error,
        }
    }

    fn cbor(&self, name: &str, head: &[&str], tail: &[&str], first: bool) -> Symbol {
        let prefix = &self.library.name;
        let bytes = ["const uint8_t *req", "size_t len"];
        let order = if first { [head, &bytes, tail] } else { [head, tail, &bytes] };
        let params: Vec<_> = order.concat().into_iter().map(str::to_owned).collect();
        let text = "The same in CBOR: req is a map from the names of the parameters, and so is what cb is passed.";
        let text = if first { "The same in CBOR: req is a map from the names of the parameters." } else { text };
        Symbol {
            comment: comment(0, text),
            prototype: list(0, &format!("int {prefix}_{}", names::cbor(name)), &params, ";"),
        }
    }

    fn request(&mut self, item: &Request) -> RequestView {
        let prefix = &self.library.name;
        let callback = ["FFICallBack cb", "void *userData"];
        let head: &[&str] = if item.receiver == Receiver::Free { &[] } else { &["void *ctx"] };
        let mut fields = Vec::new();
        if let Receiver::Handle(handle) = &item.receiver {
            let docs = "whose it is".to_owned();
            fields.push(Field { name: item.receiver_name.clone(), docs, ty: Type::Handle(handle.clone()) });
        }
        fields.extend(item.params.iter().cloned());
        let params = parameters(&fields, &["ctx", "cb", "userData"]);
        let symbol = format!("int {prefix}_{}", item.name);
        let readers: Vec<_> = if item.formats.native {
            let result = self.reader(&item.name, "result", &item.result);
            let error = item.error.as_ref().and_then(|error| self.reader(&item.name, "error", error));
            [result, error].into_iter().flatten().collect()
        } else {
            Vec::new()
        };
        let documented = params.iter().zip(&fields).map(|((name, _), field)| (&**name, &*field.docs));
        let docs = paragraphs(&[&item.docs, &table(documented), &self.outcome(item, &readers)]);
        let mut symbols = Vec::new();
        if item.formats.native {
            let declared: Vec<_> =
                head.iter().chain(&callback).map(|&text| text.to_owned()).chain(self.declared(&params)).collect();
            symbols.push(Symbol { comment: comment(0, &docs), prototype: list(0, &symbol, &declared, ";") });
        }
        if item.formats.cbor {
            let mut cbor = self.cbor(&item.name, head, &callback, false);
            if !item.formats.native {
                cbor.comment =
                    comment(0, &paragraphs(&[&docs, "Only in CBOR: req is a map from the names of the parameters."]));
            }
            symbols.push(cbor);
        }
        RequestView { symbols, readers }
    }

    /// When a request calls back, and with what.
    fn outcome(&self, item: &Request, readers: &[Reader]) -> String {
        let thread = if item.asynchronous { "on the FFI thread" } else { "on this thread, before this returns" };
        let named = |status: &str| readers.iter().find(|reader| reader.status == status);
        let result = match named("FFI_RET_OK") {
            None => "FFI_RET_OK with nothing".to_owned(),
            Some(reader) => format!("FFI_RET_OK with {}, see {}", carried(self.types, &item.result), reader.name()),
        };
        let error = self.error_carried(item.error.as_ref(), named("FFI_RET_ERR"));
        let context = if item.receiver == Receiver::Free { "" } else { "INVALID_CTX, CLOSING, " };
        format!(
            "cb: once, {thread}. {result}; {error}.\n\
             Returns FFI_RET_OK (accepted), or why it never calls back: MISSING_CALLBACK, INVALID_ARGUMENT, {context}BUSY."
        )
    }

    fn error_carried(&self, error: Option<&Type>, reader: Option<&Reader>) -> String {
        match (error, reader) {
            (Some(error), Some(reader)) => {
                let carried = carried(self.types, error);
                format!("FFI_RET_ERR with {carried}, see {}; or another status with text", reader.name())
            }
            _ => "or another status with text".to_owned(),
        }
    }

    fn reader(&mut self, item: &str, which: &str, ty: &Type) -> Option<Reader> {
        let c_type = self.types.name(ty);
        let status = if which == "result" { "FFI_RET_OK" } else { "FFI_RET_ERR" };
        let kind = match (self.types.passing(ty), ty) {
            (Passing::Nothing, _) => return None,
            (Passing::Text, Type::Bytes) => ReaderKind::Bytes,
            (Passing::Text, _) => ReaderKind::String,
            (Passing::Value, _) => ReaderKind::Value,
            (Passing::Slice | Passing::Pointer, _) => ReaderKind::Pointer,
        };
        let name = self.give(&format!("{item}_{which}"));
        let mut params = ["int ret", "const char *msg", "size_t len"].map(str::to_owned).to_vec();
        let what = if which == "result" { "The result" } else { "The declared error" };
        let (returns, text) = if kind == ReaderKind::Pointer {
            let text = format!("{what} that a callback of {item} was passed; NULL if it was passed something else.");
            (format!("const {c_type} *"), text)
        } else {
            params.push(format!("{c_type} *{which}"));
            let text =
                format!("Sets *{which} to what a callback of {item} was passed; false if that is something else.");
            ("bool ".to_owned(), text)
        };
        let head = list(0, &format!("static inline {returns}{name}"), &params, " {");
        Some(Reader { comment: comment(0, &text), head, status, c_type, out: which.to_owned(), kind })
    }

    fn release(&self, handle: &str) -> Symbol {
        let (prefix, name) = (&self.library.name, names::release(handle));
        let text = format!(
            "Gives a {} back; its number is never used again. Legal on any thread.\n\
             Returns FFI_RET_OK, INVALID_CTX, or UNKNOWN_TOKEN if it is no live handle of this context.",
            self.types.own(handle)
        );
        let prototype = format!("int {prefix}_{name}(void *ctx, {} handle);", self.types.own(handle));
        Symbol { comment: comment(0, &text), prototype }
    }

    fn host_fn(&mut self, item: &HostFn) -> Result<HostFnView, Error> {
        let args = (!item.params.is_empty()).then(|| self.types.args(&item.name));
        let fn_type = self.types.own(&format!("{}_fn", item.name));
        self.scope.claim(&fn_type, format!("the function type of the host function `{}`", item.name))?;
        let mut params = vec!["uint64_t token".to_owned()];
        params.extend(args.iter().map(|args| format!("const {args} *args")));
        params.push("void *userData".to_owned());
        let fn_declaration = list(0, &format!("typedef void (*{fn_type})"), &params, " FFI_NOEXCEPT;");
        let answers = self.answers(item);
        let (set, set_with) = (self.give(&format!("set_{}", item.name)), self.give(&format!("set_{}_with", item.name)));
        let call = self.give(&format!("{}_call_", item.name));
        let fixed = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let head = |name: &str, last: &str| {
            let params = fixed(&["void *ctx", &format!("{fn_type} fn"), last]);
            list(0, &format!("static inline int {name}"), &params, " {")
        };
        let read_args = self.give(&format!("{}_args", item.name));
        Ok(HostFnView {
            name: item.name.clone(),
            docs: comment(0, &host_fn_docs(self.types, item)),
            read_args,
            registration: self.give_type(&format!("{}_registration", item.name)),
            call_head: list(
                0,
                &format!("static inline void {call}"),
                &fixed(&["uint64_t token", "const char *req", "size_t reqLen", "void *userData"]),
                " FFI_NOEXCEPT {",
            ),
            call,
            set_head: head(&set, "void *userData"),
            set_with_head: head(&set_with, "const FFIHostFnOptions *options"),
            set_with_comment: comment(
                0,
                &format!(
                    "The same as {set}, with what FFIHostFnOptions can say: cancel, release, userData, deadline_ms and \
                     max_in_flight are taken from there, fn and format are not."
                ),
            ),
            set_with,
            args,
            fn_type,
            fn_declaration,
            answers,
        })
    }

    fn answers(&mut self, item: &HostFn) -> Vec<Answer> {
        let mut answers = vec![self.answer("complete", &item.name, "result", &item.result)];
        if let Some(error) = item.error.as_ref() {
            answers.push(self.answer("fail", &item.name, "error", error));
        }
        answers
    }

    fn answer(&mut self, verb: &str, item: &str, which: &str, ty: &Type) -> Answer {
        let name = self.give(&format!("{verb}_{item}"));
        let c_type = self.types.name(ty);
        let mut params = ["void *ctx", "uint64_t token"].map(str::to_owned).to_vec();
        let passing = self.types.passing(ty);
        let (data, len) = match passing {
            Passing::Nothing => ("NULL".to_owned(), "0".to_owned()),
            Passing::Text => (format!("{which}.data"), format!("{which}.len")),
            Passing::Value | Passing::Slice => (format!("&{which}"), format!("sizeof {which}")),
            Passing::Pointer => (which.to_owned(), format!("sizeof *{which}")),
        };
        if passing != Passing::Nothing {
            params.push(self.types.parameter(ty, which));
        }
        let optional = matches!(ty, Type::Option(_));
        let answered = if verb == "complete" { "its result" } else { "its declared error" };
        let null = if optional { "; NULL is none" } else { "" };
        let text = format!(
            "Answers a call of {item} with {answered}{null}. Returns what {}_host_complete does.",
            self.library.name
        );
        Answer {
            comment: comment(0, &text),
            head: list(0, &format!("static inline int {name}"), &params, " {"),
            status: if verb == "complete" { "FFI_RET_OK" } else { "FFI_RET_ERR" },
            data,
            len,
            none: optional.then_some(c_type),
        }
    }

    fn event(&mut self, name: &str, docs: &str, params: &[Field]) -> EventView {
        let args = (!params.is_empty()).then(|| self.types.args(name));
        let listen = self.give(&format!("listen_{name}"));
        let read_args = self.give(&format!("{name}_args"));
        let fixed = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let returned = args.as_deref().unwrap_or("void");
        let payload =
            if args.is_some() { format!("{read_args} reads what it is passed") } else { "Without payload".to_owned() };
        let text = format!(
            "The event {name}: cb is called on the event thread, once for each. {payload}.\n\
             Returns the listener, for {}_remove_event_listener, or 0 if it is refused.",
            self.library.name
        );
        let head = format!("static inline const {returned} *{read_args}");
        let listen_head = format!("static inline uint64_t {listen}");
        EventView {
            name: name.to_owned(),
            comment: comment(
                0,
                &paragraphs(&[docs, &table(params.iter().map(|field| (&*field.name, &*field.docs))), &text]),
            ),
            args,
            read_args_head: list(0, &head, &fixed(&["const char *msg", "size_t len"]), " {"),
            listen_head: list(0, &listen_head, &fixed(&["void *ctx", "FFICallBack cb", "void *userData"]), " {"),
        }
    }
}

impl Reader {
    /// What it is called.
    fn name(&self) -> &str {
        let head = self.head.split('(').next().unwrap_or_default();
        head.rsplit([' ', '*']).next().unwrap_or_default()
    }
}

fn host_fn_docs(types: &Types<'_>, item: &HostFn) -> String {
    let answer = format!(
        "Answer with {}{}.",
        carried(types, &item.result),
        item.error.as_ref().map(|error| format!(", or fail with {}", carried(types, error))).unwrap_or_default()
    );
    let when = if item.asynchronous {
        "now or later, from any thread"
    } else {
        "before it returns: the library does not wait"
    };
    let lifetime = if item.params.is_empty() { "" } else { " args lives until it returns." };
    let text = format!("{answer} Once: {when}.\nThread: the FFI thread; return quickly.{lifetime}");
    let table = table(item.params.iter().map(|field| (&*field.name, &*field.docs)));
    let title = format!("The host function {}.", item.name);
    paragraphs(&[&title, &item.docs, &table, &text])
}

/// What a payload is, in a sentence.
fn carried(types: &Types<'_>, ty: &Type) -> String {
    match ty {
        Type::Unit => "nothing".to_owned(),
        Type::String => "UTF-8 text".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        ty => {
            let name = types.name(ty);
            let article = if name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
            format!("{article} {name}")
        }
    }
}
