//! CBOR as others might write it: shuffled, in pieces, with longer heads, with tags, with keys that nobody asked for.

use super::Rng;
use super::c_rules::C;
use ciborium::Value;
use ffihost_schema::{Field, Payload, Type};

/// Writes values of types, each time in another way.
pub struct Loose<'a> {
    pub c: C<'a>,
    pub rng: Rng,
    pub out: Vec<u8>,
}

impl Loose<'_> {
    /// A head, perhaps longer than it has to be.
    fn head(&mut self, major: u8, argument: u64) {
        let least = match argument {
            0..24 => 0,
            24..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 3,
            _ => 4,
        };
        let width = least + self.rng.below(5 - least);
        let big = argument.to_be_bytes();
        let (info, bytes) = match width {
            0 => (big[7], &big[8..]),
            1 => (24, &big[7..]),
            2 => (25, &big[6..]),
            3 => (26, &big[4..]),
            _ => (27, &big[..]),
        };
        self.out.push(major << 5 | info);
        self.out.extend(bytes);
    }

    fn tag(&mut self) {
        while self.rng.one_in(5) {
            let tag = self.rng.pick(&[0, 1, 24, 256, 55_799, u64::MAX]);
            self.head(6, tag);
        }
    }

    /// An array or a map of so many; true if it has no length, and needs a break at its end.
    fn open(&mut self, major: u8, len: usize) -> bool {
        let indefinite = self.rng.one_in(3);
        match indefinite {
            true => self.out.push(major << 5 | 31),
            false => self.head(major, len as u64),
        }
        indefinite
    }

    fn close(&mut self, indefinite: bool) {
        if indefinite {
            self.out.push(0xff);
        }
    }

    fn string(&mut self, major: u8, bytes: &[u8], is_boundary: impl Fn(usize) -> bool) {
        self.tag();
        if !self.rng.one_in(3) {
            self.head(major, bytes.len() as u64);
            return self.out.extend(bytes);
        }
        self.out.push(major << 5 | 31);
        let mut start = 0;
        while start < bytes.len() {
            let mut end = start + 1 + self.rng.below(bytes.len() - start);
            while !is_boundary(end) {
                end += 1;
            }
            self.head(major, (end - start) as u64);
            self.out.extend(&bytes[start..end]);
            start = end;
        }
        self.out.push(0xff);
    }

    fn text(&mut self, text: &str) {
        self.string(3, text.as_bytes(), |at| text.is_char_boundary(at));
    }

    pub fn write(&mut self, ty: &Type, value: &Value) {
        match (ty, value) {
            (Type::String, Value::Text(text)) => self.text(text),
            (Type::Bytes, Value::Bytes(bytes)) => self.string(2, bytes, |_| true),
            (Type::As(_, of), value) => self.write(of, value),
            (Type::Option(of), value) if !value.is_null() => self.write(of, value),
            (Type::List(of), Value::Array(values)) => {
                self.tag();
                let indefinite = self.open(4, values.len());
                values.iter().for_each(|value| self.write(of, value));
                self.close(indefinite);
            }
            (Type::Map(of), Value::Map(entries)) => {
                self.tag();
                let indefinite = self.open(5, entries.len());
                for at in self.shuffled(entries.len()) {
                    self.text(entries[at].0.as_text().expect("keys are text"));
                    self.write(of, &entries[at].1);
                }
                self.close(indefinite);
            }
            (Type::Named(name), value) => match self.c.structure(name).map(|it| it.fields.clone()) {
                Some(fields) => self.fields(&fields, value),
                None => self.variant(name, value),
            },
            (_, value) => self.scalar(value),
        }
    }

    fn scalar(&mut self, value: &Value) {
        self.tag();
        match value {
            Value::Null => {
                let null = self.rng.pick(&[0xf6, 0xf7]);
                self.out.push(null);
            }
            Value::Bool(value) => self.out.push(0xf4 + u8::from(*value)),
            Value::Integer(integer) => self.integer(i128::from(*integer)),
            Value::Float(float)
                if float.fract() == 0.0 && float.abs() < 1e9 && float.is_sign_positive() && self.rng.one_in(2) =>
            {
                #[allow(clippy::cast_possible_truncation, reason = "it is a small integer")]
                self.integer(*float as i128);
            }
            Value::Float(float) => {
                self.out.push(0xfb);
                self.out.extend(float.to_be_bytes());
            }
            other => panic!("{other:?} is no scalar"),
        }
    }

    fn integer(&mut self, integer: i128) {
        match u64::try_from(integer) {
            Ok(positive) => self.head(0, positive),
            Err(_) => self.head(1, u64::try_from(-1 - integer).expect("64 bits")),
        }
    }

    /// A struct: keys in any order, some that are not known, `None` left out at times.
    fn fields(&mut self, fields: &[Field], value: &Value) {
        self.tag();
        let entries = value.as_map().expect("a struct is a map");
        let order = self.shuffled(fields.len());
        let left_out = |this: &mut Self, at: &usize| {
            matches!(fields[*at].ty, Type::Option(_)) && entries[*at].1.is_null() && this.rng.one_in(2)
        };
        let order: Vec<usize> = order.into_iter().filter(|at| !left_out(self, at)).collect();
        let unknown = self.rng.pick(&[0, 0, 1, 3]);
        let indefinite = self.open(5, order.len() + unknown);
        for _ in 0..unknown {
            self.unknown();
        }
        for at in order {
            self.text(&fields[at].name);
            self.write(&fields[at].ty, &entries[at].1);
        }
        self.close(indefinite);
    }

    fn unknown(&mut self) {
        let key = format!("unknown{}", self.rng.bits());
        let key = if self.rng.one_in(4) { key.repeat(10) } else { key };
        self.text(&key);
        let values: &[&[u8]] = &[
            &[0x00],
            &[0xf6],
            &[0xf9, 0x7e, 0x00],
            &[0x83, 0x01, 0x20, 0x61, b'x'],
            &[0xa1, 0x61, b'k', 0x9f, 0xff],
            &[0xbf, 0xff],
            &[0x5f, 0x41, 0xff, 0xff],
            &[0x7f, 0x61, b'y', 0x60, 0xff],
            &[0xc1, 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xe0],
            &[0xa1, 0x82, 0x01, 0x02, 0x43, 1, 2, 3],
        ];
        let value = self.rng.pick(values);
        self.out.extend(value);
    }

    fn variant(&mut self, name: &str, value: &Value) {
        let Value::Map(entries) = value else { return self.text(value.as_text().expect("a variant is text")) };
        let variant = entries[0].0.as_text().expect("keys are text");
        let variants = &self.c.enumeration(name).variants;
        let payload = variants.iter().find(|it| it.name == variant).expect("the enum has it").payload.clone();
        self.tag();
        let indefinite = self.open(5, 1);
        self.text(variant);
        match payload {
            Payload::Unit => self.out.push(0xf6),
            Payload::One(ty) => self.write(&ty, &entries[0].1),
            Payload::Fields(fields) => self.fields(&fields, &entries[0].1),
        }
        self.close(indefinite);
    }

    fn shuffled(&mut self, len: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..len).collect();
        for at in (1..len).rev() {
            order.swap(at, self.rng.below(at + 1));
        }
        order
    }
}
