//! Durations and sizes, as they are typed.

use std::time::Duration;

/// Such as `1.5s`, `250ms`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let found = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let wrong = || "a number with a unit is needed, such as 250ms, 1.5s, 2m or 1h".to_owned();
    let (number, seconds) = found.ok_or_else(wrong)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(wrong());
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| "this is too long".to_owned())
}

/// The same, and more than nothing.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("more than nothing is needed".to_owned()),
        time => Ok(time),
    }
}

/// Bytes, such as `65536`, `64KiB`, `16MiB`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    const UNITS: [(&str, usize); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let found = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = found.unwrap_or((text, 1));
    let number: usize = number.parse().map_err(|_| "bytes are needed, such as 65536, 64KiB or 16MiB".to_owned())?;
    number.checked_mul(bytes).ok_or_else(|| "this is too large".to_owned())
}

/// A size that has 32 bits.
pub(super) fn frame(text: &str) -> Result<u32, String> {
    u32::try_from(size(text)?).map_err(|_| "less than 4GiB is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [("250ms", 250), ("1.5s", 1_500), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1e3s", "infs", "1.2.3s", "5 s", "99999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(some_time("0ms").is_err() && some_time("1ms").is_ok());
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("0", 0), ("65536", 65_536), ("64KiB", 65_536), ("16MiB", 16 << 20)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "KiB", "1kb", "-1", "1.5MiB", "99999999999GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert!(frame("4GiB").is_err() && frame("3GiB").is_ok());
    }
}
