//! A large configuration that is the same on every run: users, groups, fields with options, field configurations and
//! screens, some of them out of order.

use std::io::{self, Write};

use super::random::Random;

/// Writes a configuration of about that many bytes.
pub(crate) fn write(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let mut random = Random::new(11);
    let kinds: [(&str, Part); 5] = [
        ("users", user),
        ("groups", group),
        ("customFields", custom_field),
        ("fieldConfigurations", field_configuration),
        ("screens", screen),
    ];
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<projectConfig formatVersion=\"1\">\n  <projects/>")?;
    for (container, part) in kinds {
        writeln!(out, "  <{container}>")?;
        let share = size / kinds.len() as u64;
        let (mut written, mut number) = (0, 0);
        while written < share {
            let mut text = String::new();
            part(number, &mut random, &mut text);
            out.write_all(text.as_bytes())?;
            written += text.len() as u64;
            number += 1;
        }
        writeln!(out, "  </{container}>")?;
    }
    writeln!(out, "</projectConfig>")
}

type Part = fn(u64, &mut Random, &mut String);

/// Appends a line with an element.
fn leaf(text: &mut String, depth: usize, name: &str, value: &str) {
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    *text += &format!("{:depth$}<{name}>{value}</{name}>\n", "", depth = depth * 2);
}

fn line(text: &mut String, depth: usize, line: &str) {
    *text += &format!("{:depth$}{line}\n", "", depth = depth * 2);
}

fn user_name(number: u64) -> String {
    format!("user{:08x}", number.wrapping_mul(0x9e37_79b1) as u32)
}

/// Users come in an order of their own: pcfg has to sort them.
fn user(number: u64, random: &mut Random, text: &mut String) {
    let name = user_name(number);
    line(text, 2, "<user>");
    leaf(text, 3, "username", &name);
    leaf(text, 3, "fullName", &random.text(20, false));
    leaf(text, 3, "email", &format!("{name}@example.com"));
    leaf(text, 3, "active", "true");
    line(text, 2, "</user>");
}

fn group(number: u64, random: &mut Random, text: &mut String) {
    line(text, 2, "<group>");
    leaf(text, 3, "name", &format!("group {number:08}"));
    leaf(text, 3, "description", &random.text(100, true));
    for member in 0..30 {
        leaf(text, 3, "memberUser", &user_name(member));
    }
    line(text, 2, "</group>");
}

fn custom_field(number: u64, random: &mut Random, text: &mut String) {
    line(text, 2, "<customField>");
    leaf(text, 3, "name", &format!("Field {number:08}"));
    leaf(text, 3, "type", "com.atlassian.jira.plugin.system.customfieldtypes:select");
    leaf(text, 3, "description", &random.text(200, true));
    line(text, 3, "<customFieldConfigScheme>");
    leaf(text, 4, "name", "Default context");
    line(text, 4, "<config>");
    leaf(text, 5, "name", "Default configuration");
    for option in 1..40 {
        line(text, 5, "<option>");
        leaf(text, 6, "sequence", &option.to_string());
        leaf(text, 6, "value", &format!("{} {option}", random.text(10, false)));
        leaf(text, 6, "disabled", "false");
        line(text, 5, "</option>");
    }
    line(text, 4, "</config>");
    line(text, 3, "</customFieldConfigScheme>");
    line(text, 2, "</customField>");
}

fn field_configuration(number: u64, random: &mut Random, text: &mut String) {
    line(text, 2, "<fieldConfiguration>");
    leaf(text, 3, "name", &format!("Field configuration {number:08}"));
    for field in 0..50 {
        line(text, 3, "<individualFieldConfig>");
        leaf(text, 4, "fieldName", &format!("field{field:03}"));
        leaf(text, 4, "description", &random.text(40, false));
        leaf(text, 4, "hidden", "false");
        leaf(text, 4, "required", if field % 7 == 0 { "true" } else { "false" });
        leaf(text, 4, "renderer", "atlassian-wiki-renderer");
        line(text, 3, "</individualFieldConfig>");
    }
    line(text, 2, "</fieldConfiguration>");
}

fn screen(number: u64, random: &mut Random, text: &mut String) {
    line(text, 2, "<screen>");
    leaf(text, 3, "name", &format!("Screen {number:08}"));
    leaf(text, 3, "description", &random.text(100, false));
    for tab in 1..4 {
        line(text, 3, "<screenTab>");
        leaf(text, 4, "position", &tab.to_string());
        leaf(text, 4, "name", &format!("Tab {tab}"));
        for field in 1..20 {
            line(text, 4, "<fieldScreenLayoutItem>");
            leaf(text, 5, "position", &field.to_string());
            leaf(text, 5, "field", &format!("field{field:03}"));
            line(text, 4, "</fieldScreenLayoutItem>");
        }
        line(text, 3, "</screenTab>");
    }
    line(text, 2, "</screen>");
}
