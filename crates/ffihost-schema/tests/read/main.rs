//! Reading descriptors: from documents and compiled files, whole and broken, and what is made of them.

#![cfg(feature = "read")]

mod cddl;
mod checked;
mod diff;
mod document;
mod files;
mod gather;
mod hostile;
mod samples;
