//! What a library does, in C++: the members of its context and its handles.

use super::types::{HandleClass, Values};
use crate::Error;
use crate::c::{Passing, Types};
use crate::docs::{comment, paragraphs, table};
use crate::names::{Scope, identifier, snake};
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
        members.reserve(&["close", "destroy", "stats"]);
        for item in library.requests.iter().filter(|item| item.receiver == Receiver::Context) {
            members.claim(&identifier(&item.name), format!("the request `{}`", item.name))?;
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
                release: format!("{}_{}_release", self.library.name, snake(&item.name)),
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
        let requests = || self.library.requests.iter().filter(|item| item.receiver == *receiver && item.formats.native);
        if !matches!(receiver, Receiver::Context) {
            let names: Vec<_> = requests().map(|item| identifier(&item.name)).collect();
            members.reserve(&names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        requests().map(|item| self.method(item, class, members)).collect()
    }

    fn method(&self, item: &Request, class: &str, members: &mut Scope) -> Method {
        let name = identifier(&item.name);
        let await_name = members.give(&format!("{}_async", item.name), "a form of a request");
        let submit_name = members.give(&format!("submit_{}", item.name), "a form of a request");
        let is_free = item.receiver == Receiver::Free;
        let params = named(&item.params);
        let declared: Vec<_> = params.iter().map(|(name, ty)| self.values.parameter(ty, name)).collect();
        let passed: Vec<_> = params.iter().map(|(name, _)| name.clone()).collect();
        let (value, error) = (self.values.name(&item.result), item.error.as_ref().map(|error| self.values.name(error)));
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
        let docs = paragraphs(&[
            &item.docs,
            &table(params.iter().zip(&item.params).map(|((name, _), field)| (&**name, &*field.docs))),
        ]);
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
            signature: self.signature(&item.result, item.error.as_ref()),
            submit: format!("{submit_name}({})", submitted.join(", ")),
            call: self.call(item, &params),
            lends: !params.is_empty(),
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

    /// The names in front of the constructors; nothing if it cannot be called natively.
    pub(crate) fn constructor(&mut self) -> Option<Constructor> {
        let item = &self.library.constructor;
        if !item.formats.native {
            return None;
        }
        let params = named(&item.params);
        let declared: Vec<_> = params.iter().map(|(name, ty)| self.values.parameter(ty, name)).collect();
        let class = self.context.clone();
        let (create, open) = (self.members.give("create", "a constructor"), self.members.give("open", "a constructor"));
        let start = self.members.give("start", "a constructor");
        let error = item.error.as_ref().map(|error| format!(", {}", self.values.name(error))).unwrap_or_default();
        let ready = format!("std::function<void(ffihost::Result<void{error}>)>");
        let with_ready: Vec<_> = declared.iter().cloned().chain([format!("{ready} ready")]).collect();
        let passed: Vec<_> = params.iter().map(|(name, _)| name.clone()).collect();
        let mut lent = self.lent(&params);
        lent.extend(["ffi_cb", "user_data", "ctx"].map(str::to_owned));
        let documented = params.iter().zip(&item.params).map(|((name, _), field)| (&**name, &*field.docs));
        let blocking =
            "Waits until it is made. Throws ffihost::AbiMismatch, what the constructor declares, or ffihost::Error.";
        let docs = paragraphs(&[&item.docs, &table(documented), blocking]);
        let static_list =
            |returned: &str, name: &str, params: &[String]| list(4, &format!("static {returned} {name}"), params, " {");
        Some(Constructor {
            comment: comment(4, &docs),
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
            signature: self.signature(&Type::Unit, item.error.as_ref()),
            call: list(12, &format!("return ::{}_create", self.library.name), &lent, ";"),
            lends: !params.is_empty(),
        })
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
            responding_comment: comment(4, "The same, answered by `call`: now or later, from any thread."),
            returning: list(4, &format!("void {set}(std::function<{result}"), &args, "> host_function) const {"),
            responding: item
                .asynchronous
                .then(|| list(4, &format!("void {set}(std::function<void"), &with_call, "> host_function) const {")),
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

/// Parameters, under names that clash with nothing in the bodies of members.
fn named(params: &[Field]) -> Vec<(String, Type)> {
    let mut scope = Scope::default();
    scope.reserve(&TAKEN);
    params.iter().map(|field| (scope.give(&identifier(&field.name), &field.name), field.ty.clone())).collect()
}
