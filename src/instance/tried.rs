//! Which versions of Jira pcfg has been tried with.

/// The oldest and the newest version of the real data that pcfg was made and is tested with.
const TRIED: [(u32, u32); 2] = [(3, 12), (9, 12)];

/// Versions from this on are those of Jira Cloud (`1001.0.0-SNAPSHOT`).
const CLOUD: u32 = 1000;

/// Says that nobody has tried a version, such as `10.3.1 (10030001)`, if that is so; what is no version says nothing.
pub(super) fn untried(version: &str) -> Option<String> {
    let mut numbers = version.split(|own: char| !own.is_ascii_digit()).map(|own| own.parse::<u32>().ok());
    let major = numbers.next().flatten()?;
    let minor = numbers.next().flatten().unwrap_or(0);
    let [oldest, newest] = TRIED;
    if (oldest..=newest).contains(&(major, minor)) {
        return None;
    }
    let what = if major >= CLOUD { format!("Jira Cloud ({version})") } else { format!("Jira {version}") };
    Some(format!(
        "this is {what}, with which pcfg has not been tested: it knows Jira {}.{} to {}.{}; check the result \
         against Jira",
        oldest.0, oldest.1, newest.0, newest.1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_tried_is_told() {
        for tried in ["3.12", "3.12.3 (302)", "4.2", "9.12.4 (912004)", "8.20.0", "build 912004", "?"] {
            assert_eq!(untried(tried), None, "{tried}");
        }
        assert!(
            untried("10.3.1 (10030001)").unwrap().starts_with("this is Jira 10.3.1 (10030001), with which")
        );
        assert!(
            untried("1001.0.0-SNAPSHOT (100180)")
                .unwrap()
                .starts_with("this is Jira Cloud (1001.0.0-SNAPSHOT")
        );
        assert!(untried("9.17.0").is_some() && untried("3.11").is_some());
    }
}
