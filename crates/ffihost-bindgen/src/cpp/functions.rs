//! What a library does, in C++: the members of its context and its handles.

use super::types::{HandleClass, Values};
use crate::Error;
use crate::c::{Passing, Types};
use crate::docs::{comment, paragraphs, table};
use crate::names::{self, Scope, identifier};
use crate::text::list;
use ffihost_schema::{Field, HostFn, Library, Receiver, Request, Type};

/// A class with requests.
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) methods: Vec<Method>,
}

/// A request, in all its forms.
pub(crate) struct Method {
    pub(crate) asynchronous: bool,
    pub(crate) comment: String,
    pub(crate) callback_comment: String,
    pub(crate) await_comment: String,
    /// In the class: `ffihost::Future<Session> login(const LoginReq &req) const`
    pub(crate) declaration: String,
    pub(crate) callback_declaration: String,
    pub(crate) await_declaration: String,
    pub(crate) submit_declaration: String,
    /// Outside of it: `ffihost::Future<Session> Cursor::login(const LoginReq &req) const`
    pub(crate) definition: String,
    pub(crate) callback_definition: String,
    pub(crate) await_definition: String,
    pub(crate) submit_definition: String,
    pub(crate) signature: String,
    /// The call of `submit`, and that of C in it.
    pub(crate) submit: String,
    pub(crate) call: String,
    /// Whether it has parameters to lend.
    pub(crate) lends: bool,
    /// How the context is initialised.
    pub(crate) bound: String,
}

pub(crate) struct Constructor {
    pub(crate) comment: String,
    pub(crate) create: String,
    pub(crate) create_comment: String,
    pub(crate) open: String,
    pub(crate) open_passed: String,
    pub(crate) start: String,
    pub(crate) start_comment: String,
    pub(crate) signature: String,
    pub(crate) call: String,
    pub(crate) lends: bool,
}

pub(crate) struct HostFnView {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) responding_comment: String,
    pub(crate) set: String,
    pub(crate) returning: String,
    pub(crate) responding: Option<String>,
    pub(crate) signature: String,
    pub(crate) c_args: String,
    pub(crate) args: String,
}

pub(crate) struct EventView {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) declaration: String,
    pub(crate) c_args: String,
    pub(crate) args: String,
}

/// Names that members' parameters may not have, because their bodies use them.
const TAKEN: [&str; 10] = ["S", "arena", "bound", "call", "ctx", "done", "ffi_cb", "made", "ready", "user_data"];

/// How a function is declared and called, in one of its formats.
struct Form {
    name: String,
    declared: Vec<String>,
    /// The names of what is declared.
    passed: Vec<String>,
    /// What it gives, and its declared error.
    value: String,
    error: Option<String>,
    docs: String,
    signature: String,
    /// The call of C.
    call: String,
    /// Whether it has parameters to lend.
    lends: bool,
}

pub(crate) struct Writer<'a> {
    library: &'a Library,
    values: &'a Values<'a>,
    c: &'a Types<'a>,
    pub(crate) library_fn: String,
    pub(crate) check_abi: String,
    context: String,
    /// The names of the context's members.
    members: Scope,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        library: &'a Library,
        values: &'a Values<'a>,
        c: &'a Types<'a>,
        scope: &mut Scope,
    ) -> Result<Self, Error> {
        for item in library.requests.iter().filter(|item| item.receiver == Receiver::Free) {
            scope.claim(&identifier(&item.name), format!("the request `{}`", item.name))?;
        }
        let mut members = Scope::default();
        let context = scope.give("Context", "the class of the context");
        members.reserve(&[&context]);
        members.reserve(&["close", "destroy", "serve", "stats"]);
        for item in library.requests.iter().filter(|item| item.receiver == Receiver::Context) {
            members.claim(&identifier(&item.name), format!("the request `{}`", item.name))?;
        }
        for item in
            library.requests.iter().filter(|item| belongs_in_cbor(item, &Receiver::Context) && !item.formats.native)
        {
            members.claim(&format!("{}_cbor", item.name), format!("the CBOR form of the request `{}`", item.name))?;
        }
        Ok(Self {
            library,
            values,
            c,
            library_fn: scope.give("library", "a function of the bindings"),
            check_abi: scope.give("check_abi", "a function of the bindings"),
            context,
            members,
        })
    }

    pub(crate) fn context(&mut self) -> Class {
        let mut members = std::mem::take(&mut self.members);
        let methods = self.methods(&Receiver::Context, &self.context, &mut members);
        Class { name: self.context.clone(), methods }
    }

    pub(crate) fn handles(&self) -> Vec<HandleClass> {
        let handle = |item: &ffihost_schema::Handle| {
            let name = identifier(&item.name);
            let mut members = Scope::default();
            members.reserve(&[&name]);
            let receiver = Receiver::Handle(item.name.clone());
            HandleClass {
                comment: comment(0, &item.docs),
                release: format!("{}_{}", self.library.name, names::release(&item.name)),
                class: Class { name: name.clone(), methods: self.methods(&receiver, &name, &mut members) },
                name,
            }
        };
        self.library.handles.iter().map(handle).collect()
    }

    pub(crate) fn free(&self) -> Vec<Method> {
        self.methods(&Receiver::Free, "", &mut Scope::default())
    }

    fn methods(&self, receiver: &Receiver, class: &str, members: &mut Scope) -> Vec<Method> {
        let requests = || {
            self.library.requests.iter().filter(|item| {
                if item.formats.native { item.receiver == *receiver } else { belongs_in_cbor(item, receiver) }
            })
        };
        if !matches!(receiver, Receiver::Context) {
            let names: Vec<_> = requests().map(|item| identifier(&item.name)).collect();
            members.reserve(&names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        requests().map(|item| self.method(item, class, members)).collect()
    }

    /// The C++ of a request in its native form, or in CBOR if it has no other.
    fn form(&self, item: &Request) -> Form {
        if !item.formats.native {
            return self.cbor_form(item);
        }
        let params = named(&item.params);
        Form {
            name: item.name.clone(),
            declared: params.iter().map(|(name, ty)| self.values.parameter(ty, name)).collect(),
            value: self.values.name(&item.result),
            error: item.error.as_ref().map(|error| self.values.name(error)),
            docs: paragraphs(&[
                &item.docs,
                &table(params.iter().zip(&item.params).map(|((name, _), field)| (&**name, &*field.docs))),
            ]),
            signature: self.signature(&item.result, item.error.as_ref()),
            call: self.call(item, &params),
            passed: params.into_iter().map(|(name, _)| name).collect(),
            lends: !item.params.is_empty(),
        }
    }

    fn cbor_form(&self, item: &Request) -> Form {
        let mut passed = Vec::new();
        if item.receiver != Receiver::Free {
            passed.push("ffihost::detail::Access::bound(*this).ctx");
        }
        passed.extend(["ffi_cb", "user_data", "request.data()", "request.size()"]);
        let passed: Vec<_> = passed.into_iter().map(str::to_owned).collect();
        let handle = match &item.receiver {
            Receiver::Handle(handle) => Some(format!("raw() of the {}", identifier(handle))),
            Receiver::Context | Receiver::Free => None,
        };
        let receiver = handle.iter().map(|docs| (item.receiver_name.as_str(), docs.as_str()));
        let keys = receiver.chain(item.params.iter().map(|field| (field.name.as_str(), field.docs.as_str())));
        Form {
            name: format!("{}_cbor", item.name),
            declared: vec![IN_CBOR.to_owned()],
            passed: vec!["request".to_owned()],
            value: OF_CBOR.to_owned(),
            error: item.error.as_ref().map(|_| OF_CBOR.to_owned()),
            docs: paragraphs(&[&item.docs, &only_in_cbor(keys)]),
            signature: cbor_signature(&format!("FFIBytes, {OF_CBOR}"), item.error.as_ref()),
            call: list(4, &format!("return ::{}_{}", self.library.name, names::cbor(&item.name)), &passed, ";"),
            lends: false,
        }
    }

    fn method(&self, item: &Request, class: &str, members: &mut Scope) -> Method {
        let Form { name, declared, passed, value, error, docs, signature, call, lends } = self.form(item);
        let await_name = members.give(&format!("{name}_async"), "a form of a request");
        let submit_name = members.give(&format!("submit_{name}"), "a form of a request");
        let name = identifier(&name);
        let is_free = item.receiver == Receiver::Free;
        let of = |first: &str| match &error {
            Some(error) => format!("{first}, {error}"),
            None => first.to_owned(),
        };
        let callback = format!("std::function<void(ffihost::Result<{}>)>", of(&value));
        let with_callback: Vec<_> = declared.iter().cloned().chain([format!("{callback} done")]).collect();
        let with_submit: Vec<_> = ["FFICallBack ffi_cb".to_owned(), "void *user_data".to_owned()]
            .into_iter()
            .chain(declared.clone())
            .collect();
        let returned = if item.asynchronous { format!("ffihost::Future<{value}>") } else { value.clone() };
        let awaited = format!("ffihost::Awaitable<{}>", of(&value));
        let tail = if is_free { "" } else { " const" };
        let inside = |returned: &str, name: &str, params: &[String]| {
            let inline = if is_free { "inline " } else { "" };
            let indent = if is_free { 0 } else { 4 };
            list(indent, &format!("{inline}{returned} {name}"), params, &format!("{tail} {{"))
        };
        let declare = |text: &str| format!("{};", text.strip_suffix(" {").unwrap_or(text));
        let outside = |returned: &str, name: &str, params: &[String]| {
            list(0, &format!("inline {returned} {class}::{name}"), params, &format!("{tail} {{"))
        };
        let indent = if is_free { 0 } else { 4 };
        let throws = match &error {
            Some(error) => format!("ffihost::ErrorOf<{error}> or ffihost::Error"),
            None => "ffihost::Error".to_owned(),
        };
        let first = if item.asynchronous {
            format!("The future throws {throws}.")
        } else {
            format!("Runs here, before it returns. Throws {throws}.")
        };
        let refused =
            "The same; done is called on the FFI thread, once, unless this throws because the request is refused.";
        let submitted: Vec<_> =
            ["ffi_cb".to_owned(), "user_data".to_owned()].into_iter().chain(passed.iter().cloned()).collect();
        Method {
            asynchronous: item.asynchronous,
            comment: comment(indent, &paragraphs(&[&docs, &first])),
            callback_comment: comment(indent, refused),
            await_comment: comment(indent, "The same, to co_await: goes on on the FFI thread."),
            declaration: declare(&inside(&returned, &name, &declared)),
            callback_declaration: declare(&inside("ffihost::Request", &name, &with_callback)),
            await_declaration: declare(&inside(&awaited, &await_name, &declared)),
            submit_declaration: declare(&inside("int", &submit_name, &with_submit)),
            definition: if class.is_empty() {
                inside(&returned, &name, &declared)
            } else {
                outside(&returned, &name, &declared)
            },
            callback_definition: if class.is_empty() {
                inside("ffihost::Request", &name, &with_callback)
            } else {
                outside("ffihost::Request", &name, &with_callback)
            },
            await_definition: if class.is_empty() {
                inside(&awaited, &await_name, &declared)
            } else {
                outside(&awaited, &await_name, &declared)
            },
            submit_definition: if class.is_empty() {
                inside("int", &submit_name, &with_submit)
            } else {
                outside("int", &submit_name, &with_submit)
            },
            signature,
            submit: format!("{submit_name}({})", submitted.join(", ")),
            call,
            lends,
            bound: if is_free {
                format!("{{&{}::{}(), nullptr}}", self.values.namespace(), self.library_fn)
            } else {
                " = ffihost::detail::Access::bound(*this)".to_owned()
            },
        }
    }

    /// The call of C, with the parameters lent to it.
    fn call(&self, item: &Request, params: &[(String, Type)]) -> String {
        let mut passed = Vec::new();
        if item.receiver != Receiver::Free {
            passed.push("ffihost::detail::Access::bound(*this).ctx".to_owned());
        }
        passed.extend(["ffi_cb".to_owned(), "user_data".to_owned()]);
        if let Receiver::Handle(_) = &item.receiver {
            passed.push("ffihost::detail::Access::id(*this)".to_owned());
        }
        passed.extend(self.lent(params));
        list(4, &format!("return ::{}_{}", self.library.name, item.name), &passed, ";")
    }

    fn lent(&self, params: &[(String, Type)]) -> Vec<String> {
        let lent = |(name, ty): &(String, Type)| {
            let lent = format!("ffihost::detail::lend<{}>({name}, arena)", self.c.name(ty));
            if self.c.passing(ty) == Passing::Pointer { format!("ffihost::detail::address({lent})") } else { lent }
        };
        params.iter().map(lent).collect()
    }

    fn signature(&self, result: &Type, error: Option<&Type>) -> String {
        let mut types = vec![self.c.name(result), self.values.qualified(result)];
        if let Some(error) = error {
            types.extend([self.c.name(error), self.values.qualified(error)]);
        }
        format!("ffihost::detail::Signature<{}>", types.join(", "))
    }

    /// The constructor, in CBOR if it has no other format.
    pub(crate) fn constructor(&mut self) -> Constructor {
        let item = &self.library.constructor;
        let form = if item.formats.native { self.native_constructor() } else { self.cbor_constructor() };
        let Form { name, declared, passed, error, docs, signature, call, lends, .. } = form;
        let class = self.context.clone();
        let mut give = |form: &str| self.members.give(&name.replace("create", form), "a constructor");
        let (create, open, start) = (give("create"), give("open"), give("start"));
        let error = error.map(|error| format!(", {error}")).unwrap_or_default();
        let ready = format!("std::function<void(ffihost::Result<void{error}>)> ready");
        let with_ready: Vec<_> = declared.iter().cloned().chain([ready]).collect();
        let blocking =
            "Waits until it is made. Throws ffihost::AbiMismatch, what the constructor declares, or ffihost::Error.";
        let static_list =
            |returned: &str, name: &str, params: &[String]| list(4, &format!("static {returned} {name}"), params, " {");
        Constructor {
            comment: comment(4, &paragraphs(&[&docs, blocking])),
            create: static_list(&format!("std::future<{class}>"), &create, &declared),
            create_comment: comment(
                4,
                "The same without waiting. Throws ffihost::AbiMismatch at once, the rest from the future.",
            ),
            open: static_list(&class, &open, &declared),
            open_passed: format!("{create}({})", passed.join(", ")),
            start: static_list(&class, &start, &with_ready),
            start_comment: comment(
                4,
                "The same with the context at once, so that host functions can be set which the library's constructor calls; \
                 ready is called on the FFI thread when that has ended. Requests wait until then.",
            ),
            signature,
            call,
            lends,
        }
    }

    fn native_constructor(&self) -> Form {
        let item = &self.library.constructor;
        let params = named(&item.params);
        let mut lent = self.lent(&params);
        lent.extend(["ffi_cb", "user_data", "ctx"].map(str::to_owned));
        let documented = params.iter().zip(&item.params).map(|((name, _), field)| (&**name, &*field.docs));
        Form {
            name: "create".to_owned(),
            declared: params.iter().map(|(name, ty)| self.values.parameter(ty, name)).collect(),
            value: "void".to_owned(),
            error: item.error.as_ref().map(|error| self.values.name(error)),
            docs: paragraphs(&[&item.docs, &table(documented)]),
            signature: self.signature(&Type::Unit, item.error.as_ref()),
            call: list(12, &format!("return ::{}_create", self.library.name), &lent, ";"),
            passed: params.into_iter().map(|(name, _)| name).collect(),
            lends: !item.params.is_empty(),
        }
    }

    fn cbor_constructor(&self) -> Form {
        let item = &self.library.constructor;
        let passed = ["request.data()", "request.size()", "ffi_cb", "user_data", "ctx"].map(str::to_owned);
        let keys = item.params.iter().map(|field| (field.name.as_str(), field.docs.as_str()));
        Form {
            name: "create_cbor".to_owned(),
            declared: vec![IN_CBOR.to_owned()],
            passed: vec!["request".to_owned()],
            value: "void".to_owned(),
            error: item.error.as_ref().map(|_| OF_CBOR.to_owned()),
            docs: paragraphs(&[&item.docs, &only_in_cbor(keys)]),
            signature: cbor_signature("void, void", item.error.as_ref()),
            call: list(12, &format!("return ::{}_create_cbor", self.library.name), &passed, ";"),
            lends: false,
        }
    }

    pub(crate) fn host_fns(&mut self) -> Vec<HostFnView> {
        let library = self.library;
        library.host_fns.iter().map(|item| self.host_fn(item)).collect()
    }

    fn host_fn(&mut self, item: &HostFn) -> HostFnView {
        let set = self.members.give(&format!("on_{}", item.name), "a host function");
        let error = item.error.as_ref().map(|error| self.values.name(error));
        let result = self.values.name(&item.result);
        let responder = match &error {
            Some(error) => format!("ffihost::Responder<{result}, {error}> call"),
            None => format!("ffihost::Responder<{result}> call"),
        };
        let args: Vec<_> =
            named(&item.params).iter().map(|(name, ty)| format!("{} {name}", self.values.name(ty))).collect();
        let with_call: Vec<_> = [responder].into_iter().chain(args.clone()).collect();
        let c_args = if item.params.is_empty() { "void".to_owned() } else { self.c.args(&item.name) };
        let declares =
            error.map(|error| format!(" throws ffihost::ErrorOf<{error}> to answer with that,")).unwrap_or_default();
        let answer = if item.result == Type::Unit { "Returns when it is done," } else { "Returns the answer," };
        let text = format!(
            "Sets the host function {}, in place of what was set. {answer}{declares} or throws something else, whose what() \
             is told to the library. Runs on the FFI thread: return quickly.",
            item.name
        );
        let documented = item.params.iter().map(|field| (&*field.name, &*field.docs));
        HostFnView {
            name: item.name.clone(),
            comment: comment(4, &paragraphs(&[&item.docs, &table(documented), &text])),
            responding_comment: comment(
                4,
                "The same, answered by `call`: now or later, from any thread. The options can say who is told that an \
                 answer is not wanted any more.",
            ),
            returning: list(4, &format!("void {set}(std::function<{result}"), &args, "> host_function) const {"),
            responding: item.asynchronous.then(|| responding(&set, &with_call)),
            set,
            signature: self.signature(&item.result, item.error.as_ref()),
            c_args,
            args: self.values.arguments(&item.params),
        }
    }

    pub(crate) fn events(&mut self) -> Vec<EventView> {
        let library = self.library;
        library.events.iter().map(|item| self.event(&item.name, &item.docs, &item.params)).collect()
    }

    fn event(&mut self, name: &str, docs: &str, params: &[Field]) -> EventView {
        let member = if name.starts_with("on_") { name.to_owned() } else { format!("on_{name}") };
        let member = self.members.give(&member, "an event");
        let args: Vec<_> = named(params).iter().map(|(name, ty)| format!("{} {name}", self.values.name(ty))).collect();
        let c_args = if params.is_empty() { "void".to_owned() } else { self.c.args(name) };
        let text =
            format!("Calls listener for each event {name}, on the event thread, as long as the subscription lives.");
        let documented = params.iter().map(|field| (&*field.name, &*field.docs));
        let head = format!("ffihost::Subscription {member}(std::function<void");
        EventView {
            name: name.to_owned(),
            comment: comment(4, &paragraphs(&[docs, &table(documented), &text])),
            declaration: list(4, &head, &args, "> listener) const {"),
            c_args,
            args: self.values.arguments(params),
        }
    }
}

/// How requests in CBOR take their map, and what they give.
const IN_CBOR: &str = "ffihost::CborView request";
const OF_CBOR: &str = "ffihost::Cbor";

/// Whether a request in CBOR alone is a member of that. Those of a handle are of its context: the map says which handle.
fn belongs_in_cbor(item: &Request, receiver: &Receiver) -> bool {
    match receiver {
        Receiver::Free => item.receiver == Receiver::Free,
        Receiver::Context => item.receiver != Receiver::Free,
        Receiver::Handle(_) => false,
    }
}

/// `ffihost::detail::Signature` of a function whose error is in CBOR, if it has one.
fn cbor_signature(result: &str, error: Option<&Type>) -> String {
    let error = error.map(|_| format!(", FFIBytes, {OF_CBOR}")).unwrap_or_default();
    format!("ffihost::detail::Signature<{result}{error}>")
}

/// What is to be passed to a function that is only in CBOR.
fn only_in_cbor<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let keys: Vec<_> = keys.collect();
    let names: Vec<_> = keys.iter().map(|(name, _)| format!("\"{name}\": ...")).collect();
    let map = format!("Only in CBOR, as bytes in both directions: request is the map {{{}}}.", names.join(", "));
    paragraphs(&[&map, &table(keys.into_iter())])
}

/// The registration of a host function that answers later.
fn responding(set: &str, with_call: &[String]) -> String {
    let function = list(4, &format!("void {set}(std::function<void"), with_call, "> host_function,");
    format!(
        "{function}\n{:pad$}ffihost::HostFnOptions options = {{}}) const {{",
        "",
        pad = 4 + "void (".len() + set.len()
    )
}

/// Parameters, under names that clash with nothing in the bodies of members.
fn named(params: &[Field]) -> Vec<(String, Type)> {
    let mut scope = Scope::default();
    scope.reserve(&TAKEN);
    params.iter().map(|field| (scope.give(&identifier(&field.name), &field.name), field.ty.clone())).collect()
}
