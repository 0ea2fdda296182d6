//! `X509_verify_cert` of aws-lc, one chain at a time.
//!
//! Every object of the library is held by a type here that frees it when it is dropped and is not `Copy`, so
//! that it is freed once. Every unsafe block has one of three arguments. *Alive*: a pointer comes from such a
//! type, which outlives the call; constructors refuse null. *Bytes*: memory that is read is a slice that
//! outlives the call. *Given*: ownership passes to the library exactly where its documentation says so, and
//! the type is forgotten there. Nothing that the library lends is kept past the function that asked for it.
//! The objects are of one thread: none is `Send`, since raw pointers are not.
#![expect(
    unsafe_code,
    reason = "calls into aws-lc; the types that own its objects are the argument"
)]

use std::ffi::CString;
use std::ffi::c_int;
use std::ffi::c_long;
use std::ptr;
use std::ptr::NonNull;

use aws_lc_sys as lc;

use super::Broken;
use super::LINKS_MAX;
use super::PolicyInputs;
use super::Rule;

/// Any certificate policy (RFC 5280, 4.2.1.4).
const ANY_POLICY: &str = "2.5.29.32.0";

/// Checks the rules that a chain, DER, keeps by itself.
pub(super) fn check(chain: &[&[u8]], inputs: &PolicyInputs) -> Result<(), Broken> {
    let at = |link, rule| Broken { link, rule };
    if chain.len() > LINKS_MAX {
        return Err(at(0, Rule::PathLength));
    }
    let mut read = Vec::with_capacity(chain.len());
    for (link, der) in chain.iter().enumerate() {
        read.push(Certificate::read(der).ok_or_else(|| at(link, Rule::Unreadable))?);
    }
    let ([signer, .., anchor] | [signer @ anchor]) = read.as_slice() else {
        return Err(at(0, Rule::Other));
    };
    let between = read.get(1..read.len() - 1).unwrap_or_default();
    let other = || at(0, Rule::Other);
    let store = Store::trusting(anchor).ok_or_else(other)?;
    let stack = Stack::of(between).ok_or_else(other)?;
    let context = Context::new(&store, signer, &stack).ok_or_else(other)?;
    context.configure(inputs).ok_or_else(other)?;
    context.verify(chain.len())
}

/// A certificate.
struct Certificate(NonNull<lc::X509>);

impl Certificate {
    fn read(der: &[u8]) -> Option<Self> {
        let length = c_long::try_from(der.len()).ok()?;
        let mut next = der.as_ptr();
        // SAFETY: Bytes: `next` points at the `length` bytes of `der`, which are read and not kept; the null
        // pointer asks for a new object, which is ours.
        let read = unsafe { lc::d2i_X509(ptr::null_mut(), &raw mut next, length) };
        let read = Self(NonNull::new(read)?);
        (next == der.as_ptr_range().end).then_some(read)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: Alive: the object is ours, and this is the only place that frees it.
        unsafe { lc::X509_free(self.0.as_ptr()) }
    }
}

/// A store of one trusted certificate.
struct Store(NonNull<lc::X509_STORE>);

impl Store {
    fn trusting(anchor: &Certificate) -> Option<Self> {
        // SAFETY: takes nothing; the object is ours.
        let store = Self(NonNull::new(unsafe { lc::X509_STORE_new() })?);
        // SAFETY: Alive: both; the store takes a reference of its own to the certificate.
        let added = unsafe { lc::X509_STORE_add_cert(store.0.as_ptr(), anchor.0.as_ptr()) };
        (added == 1).then_some(store)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: Alive: the object is ours, and this is the only place that frees it.
        unsafe { lc::X509_STORE_free(self.0.as_ptr()) }
    }
}

/// A list of certificates, which it borrows.
struct Stack<'a> {
    list: NonNull<lc::OPENSSL_STACK>,
    _borrowed: &'a [Certificate],
}

impl<'a> Stack<'a> {
    fn of(certificates: &'a [Certificate]) -> Option<Self> {
        // SAFETY: takes nothing; the object is ours.
        let list = NonNull::new(unsafe { lc::OPENSSL_sk_new_null() })?;
        let stack = Self {
            list,
            _borrowed: certificates,
        };
        for certificate in certificates {
            // SAFETY: Alive: both; the list keeps the pointer only, and `'a` keeps the certificate.
            let count =
                unsafe { lc::OPENSSL_sk_push(list.as_ptr(), certificate.0.as_ptr().cast()) };
            if count == 0 {
                return None;
            }
        }
        Some(stack)
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        // SAFETY: Alive: the list is ours, and this is the only place that frees it; what it lists is not
        // freed with it.
        unsafe { lc::OPENSSL_sk_free(self.list.as_ptr()) }
    }
}

/// An object identifier.
struct Oid(NonNull<lc::ASN1_OBJECT>);

impl Oid {
    fn read(dotted: &str) -> Option<Self> {
        let text = CString::new(dotted).ok()?;
        // SAFETY: Bytes: `text` ends with a zero and is not kept; the object is ours.
        let read = unsafe { lc::OBJ_txt2obj(text.as_ptr(), 1) };
        NonNull::new(read).map(Self)
    }
}

impl Drop for Oid {
    fn drop(&mut self) {
        // SAFETY: Alive: the object is ours unless it was given away, and then this is not reached.
        unsafe { lc::ASN1_OBJECT_free(self.0.as_ptr()) }
    }
}

/// One verification. It borrows what it is about.
struct Context<'a> {
    context: NonNull<lc::X509_STORE_CTX>,
    _store: &'a Store,
    _signer: &'a Certificate,
    _between: &'a Stack<'a>,
}

impl<'a> Context<'a> {
    fn new(store: &'a Store, signer: &'a Certificate, between: &'a Stack<'a>) -> Option<Self> {
        // SAFETY: takes nothing; the object is ours.
        let context = NonNull::new(unsafe { lc::X509_STORE_CTX_new() })?;
        let made = Self {
            context,
            _store: store,
            _signer: signer,
            _between: between,
        };
        // A list of certificates is `OPENSSL_STACK` under another name: the library's own inline functions
        // cast so.
        // SAFETY: Alive: all four, and the three that the context keeps outlive it by `'a`.
        let done = unsafe {
            lc::X509_STORE_CTX_init(
                context.as_ptr(),
                store.0.as_ptr(),
                signer.0.as_ptr(),
                between.list.as_ptr().cast(),
            )
        };
        (done == 1).then_some(made)
    }

    /// Says what is asked: policies yes, the time no.
    fn configure(&self, inputs: &PolicyInputs) -> Option<()> {
        // SAFETY: Alive: the context. What it gives is its own and lives as long.
        let parameters = unsafe { lc::X509_STORE_CTX_get0_param(self.context.as_ptr()) };
        let parameters = NonNull::new(parameters)?;
        let mut flags = lc::X509_V_FLAG_POLICY_CHECK
            | lc::X509_V_FLAG_X509_STRICT
            | lc::X509_V_FLAG_PARTIAL_CHAIN
            | lc::X509_V_FLAG_NO_CHECK_TIME
            | lc::X509_V_FLAG_NO_ALT_CHAINS;
        for (is_wanted, flag) in [
            (inputs.require_explicit, lc::X509_V_FLAG_EXPLICIT_POLICY),
            (inputs.inhibit_mapping, lc::X509_V_FLAG_INHIBIT_MAP),
            (inputs.inhibit_any, lc::X509_V_FLAG_INHIBIT_ANY),
        ] {
            if is_wanted {
                flags |= flag;
            }
        }
        let unsigned = |flags: c_int| std::ffi::c_ulong::try_from(flags).ok();
        // The chain is given: an anchor of the same name as an authority in it is not to be preferred.
        let not_so = unsigned(lc::X509_V_FLAG_TRUSTED_FIRST)?;
        // SAFETY: Alive: the parameters, within the context.
        let cleared = unsafe { lc::X509_VERIFY_PARAM_clear_flags(parameters.as_ptr(), not_so) };
        // SAFETY: Alive: the parameters, within the context.
        let set = unsafe { lc::X509_VERIFY_PARAM_set_flags(parameters.as_ptr(), unsigned(flags)?) };
        let depth = c_int::try_from(LINKS_MAX).ok()?;
        // SAFETY: Alive: the parameters, within the context.
        unsafe { lc::X509_VERIFY_PARAM_set_depth(parameters.as_ptr(), depth) };
        let wanted = inputs.wanted.iter().map(String::as_str);
        let any = inputs.wanted.is_empty().then_some(ANY_POLICY);
        for policy in wanted.chain(any) {
            let policy = Oid::read(policy)?;
            // SAFETY: Alive: both. Given: the parameters own the policy once it is added.
            let added = unsafe {
                lc::X509_VERIFY_PARAM_add0_policy(parameters.as_ptr(), policy.0.as_ptr())
            };
            if added != 1 {
                return None;
            }
            std::mem::forget(policy);
        }
        (cleared == 1 && set == 1).then_some(())
    }

    /// Verifies a chain of so many certificates.
    fn verify(self, links: usize) -> Result<(), Broken> {
        // SAFETY: Alive: the context and what it keeps.
        let verdict = unsafe { lc::X509_verify_cert(self.context.as_ptr()) };
        // SAFETY: Alive: the context.
        let code = unsafe { lc::X509_STORE_CTX_get_error(self.context.as_ptr()) };
        // SAFETY: Alive: the context.
        let depth = unsafe { lc::X509_STORE_CTX_get_error_depth(self.context.as_ptr()) };
        // SAFETY: takes nothing; empties this thread's list of errors, which nobody else would.
        unsafe { lc::ERR_clear_error() };
        if verdict != 1 || code != lc::X509_V_OK {
            let link = usize::try_from(depth).unwrap_or(0).min(links - 1);
            return Err(broken(link, code));
        }
        // SAFETY: Alive: the context. The list that it gives is its own and lives as long.
        let built = unsafe { lc::X509_STORE_CTX_get0_chain(self.context.as_ptr()) };
        // SAFETY: Alive: the list, within the context; null has no elements.
        let count = unsafe { lc::OPENSSL_sk_num(built.cast()) };
        if count == links {
            return Ok(());
        }
        // It went another way than the one that was given, so that this one was not checked.
        Err(Broken {
            link: 0,
            rule: Rule::Issuer,
        })
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: Alive: the object is ours, and this is the only place that frees it.
        unsafe { lc::X509_STORE_CTX_free(self.context.as_ptr()) }
    }
}

/// What an error of the library means.
fn broken(link: usize, code: c_int) -> Broken {
    let rule = match code {
        lc::X509_V_ERR_INVALID_CA => Rule::Authority,
        lc::X509_V_ERR_SUBTREE_MINMAX
        | lc::X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE
        | lc::X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX
        | lc::X509_V_ERR_UNSUPPORTED_NAME_SYNTAX => Rule::ConstraintForm,
        lc::X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION => Rule::CriticalExtension,
        lc::X509_V_ERR_EXCLUDED_VIOLATION => Rule::ExcludedName,
        lc::X509_V_ERR_NO_EXPLICIT_POLICY => Rule::ExplicitPolicy,
        lc::X509_V_ERR_INVALID_EXTENSION => Rule::Extension,
        lc::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | lc::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | lc::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | lc::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => Rule::Issuer,
        lc::X509_V_ERR_EC_KEY_EXPLICIT_PARAMS => Rule::KeyParameters,
        lc::X509_V_ERR_PATH_LENGTH_EXCEEDED => Rule::PathLength,
        lc::X509_V_ERR_PERMITTED_VIOLATION | lc::X509_V_ERR_NAME_CONSTRAINTS_WITHOUT_SANS => {
            Rule::PermittedName
        }
        lc::X509_V_ERR_INVALID_POLICY_EXTENSION => Rule::PolicyExtension,
        lc::X509_V_ERR_CERT_SIGNATURE_FAILURE
        | lc::X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE
        | lc::X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY => Rule::Signature,
        _ => Rule::Other,
    };
    Broken { link, rule }
}
