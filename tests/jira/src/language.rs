//! Names of built-in objects in the caller's language.
//!
//! Invariant: only what Jira ships is translated; what people named is as they named it.

/// Words of Jira's German language pack.
const GERMAN: &[(&str, &str)] = &[
    ("Administrators", "Administratoren"),
    ("Assignee", "Zugewiesene Person"),
    ("Blocker", "Blocker"),
    ("Bug", "Fehler"),
    ("Closed", "Geschlossen"),
    ("Critical", "Kritisch"),
    ("Description", "Beschreibung"),
    ("Developers", "Entwickler"),
    ("Done", "Fertig"),
    ("Due date", "Fälligkeitsdatum"),
    ("Duplicate", "Duplikat"),
    ("Epic", "Epos"),
    ("Fixed", "Behoben"),
    ("High", "Hoch"),
    ("Highest", "Höchste"),
    ("Improvement", "Verbesserung"),
    ("In Progress", "In Arbeit"),
    ("Issue Type", "Vorgangstyp"),
    ("Labels", "Stichwörter"),
    ("Low", "Niedrig"),
    ("Lowest", "Niedrigste"),
    ("Major", "Schwer"),
    ("Medium", "Mittel"),
    ("Minor", "Leicht"),
    ("New Feature", "Neue Funktion"),
    ("Open", "Offen"),
    ("Priority", "Priorität"),
    ("Reopened", "Erneut geöffnet"),
    ("Resolution", "Lösung"),
    ("Resolved", "Erledigt"),
    ("Status", "Status"),
    ("Sub-task", "Unteraufgabe"),
    ("Summary", "Zusammenfassung"),
    ("Task", "Aufgabe"),
    ("To Do", "Zu erledigen"),
    ("Trivial", "Trivial"),
    ("Unresolved", "Nicht erledigt"),
    ("Users", "Benutzer"),
    ("Won't Fix", "Wird nicht behoben"),
];

/// Returns a name in a language.
pub(crate) fn translated(language: &str, name: &str) -> String {
    let found = match language.get(..2) {
        Some("de") => GERMAN.iter().find(|(english, _)| *english == name),
        _ => None,
    };
    found.map_or(name, |(_, german)| german).to_owned()
}
