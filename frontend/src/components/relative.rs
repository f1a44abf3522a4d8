//! Distances in time as people say them.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far `seconds` from now is: past when negative. `None` where a date
/// says more than a distance: beyond a month.
#[must_use]
pub fn relative(seconds: i64) -> Option<String> {
    // What lies behind is counted in full units, what lies ahead to the
    // nearest: a token made for 30 days expires in 30 days.
    let count = |unit: i64| if seconds < 0 { seconds / -unit } else { (seconds + unit / 2) / unit };
    let (amount, unit) = match seconds.abs() {
        0..MINUTE => return Some("just now".into()),
        MINUTE..HOUR => (count(MINUTE), "minute"),
        HOUR..DAY => (count(HOUR), "hour"),
        s if s < 31 * DAY => (count(DAY), "day"),
        _ => return None,
    };
    let plural = if amount == 1 { "" } else { "s" };
    Some(if seconds < 0 {
        format!("{amount} {unit}{plural} ago")
    } else {
        format!("in {amount} {unit}{plural}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_read_well() {
        let cases = [
            (-5, Some("just now")),
            (-60, Some("1 minute ago")),
            (-7_300, Some("2 hours ago")),
            (-86_400, Some("1 day ago")),
            (3 * DAY - 5, Some("in 3 days")),
            (-40 * DAY, None),
        ];
        for (seconds, words) in cases {
            assert_eq!(relative(seconds).as_deref(), words, "{seconds}");
        }
    }
}
