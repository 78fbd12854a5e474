//! Backups made of plain dumps of PostgreSQL: the only real data with Agile boards is in two of those.
//!
//! A dump holds the same tables as a backup under the names that `tables.txt` gives (`pcfg::entity`). The backup is as
//! Jira writes one: `entities.xml` with a long comment in front, text of several lines as CDATA in a child, NULL as an
//! absent attribute; `activeobjects.xml` with values in the order of the columns, NULL as `xsi:nil`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use pcfg::entity::{AttributeType, Entity, entities};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The tables of a dump, by name.
pub(crate) struct Dump {
    tables: BTreeMap<String, Table>,
}

struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

impl Table {
    fn get<'a>(&self, row: &'a [Option<String>], column: &str) -> Option<&'a str> {
        let number = self.columns.iter().position(|own| own == column)?;
        row[number].as_deref()
    }
}

impl Dump {
    /// Reads the blocks `COPY table (columns) FROM stdin;` of a dump.
    pub(crate) fn parse(text: &str) -> Self {
        let mut tables = BTreeMap::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(header) = line.strip_prefix("COPY ").and_then(|rest| rest.strip_suffix(" FROM stdin;"))
            else {
                continue;
            };
            let (table, columns) = header.strip_suffix(')').unwrap().split_once(" (").unwrap();
            let table = table.strip_prefix("public.").unwrap_or(table);
            let columns: Vec<String> = columns.split(", ").map(unquoted).collect();
            let rows: Vec<Vec<_>> = lines
                .by_ref()
                .take_while(|line| *line != "\\.")
                .map(|line| line.split('\t').map(value).collect())
                .collect();
            assert!(rows.iter().all(|row| row.len() == columns.len()), "{table}: every row has all columns");
            tables.insert(unquoted(table), Table { columns, rows });
        }
        Self { tables }
    }

    /// Reads a dump of the folder of real data, or says that the test is skipped.
    pub(crate) fn real(name: &str) -> Option<Self> {
        let folder = super::real_data::folder("postgres")?;
        Some(Self::parse(&std::fs::read_to_string(folder.join(name)).unwrap()))
    }

    /// Returns the rows of a table: the columns and their values.
    pub(crate) fn rows<'a>(
        &'a self,
        table: &str,
    ) -> impl Iterator<Item = Vec<(&'a str, Option<&'a str>)>> + use<'a> {
        self.tables.get(table).into_iter().flat_map(|table| {
            table.rows.iter().map(|row| {
                let columns = table.columns.iter().map(String::as_str);
                columns.zip(row.iter().map(Option::as_deref)).collect()
            })
        })
    }

    /// Writes the dump as a backup, and returns its path.
    pub(crate) fn write_backup(&self, folder: &Path) -> PathBuf {
        let path = folder.join("backup.zip");
        let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, text) in [("entities.xml", self.entities()), ("activeobjects.xml", self.active_objects())]
        {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    /// Returns `entities.xml`.
    fn entities(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- \n".to_owned();
        let version = self.property("jira.version").unwrap_or("0");
        let build = self.property("jira.version.patched").unwrap_or("0");
        writeln!(text, "     JIRA Build                                    : {version}#{build}-sha1:0")
            .unwrap();
        for number in 0..2_000 {
            // Jira lists all its settings here, and spells the end of a comment `-:`.
            writeln!(text, "     setting.{number}                                : -:>&<entity-engine-xml>")
                .unwrap();
        }
        text.push_str(" -->\n<entity-engine-xml date=\"1720000000000\">\n");
        let mut of_entities: Vec<&Entity> =
            entities().iter().filter(|entity| !is_active_object(entity)).collect();
        of_entities.sort_by_key(|entity| entity.name);
        let mut counts = Vec::new();
        for entity in of_entities {
            let Some(table) = self.tables.get(entity.table) else { continue };
            for row in &table.rows {
                write_entity(&mut text, entity, table, row);
            }
            counts.push((entity.name, table.rows.len()));
        }
        text.push_str("<!-- \n___ Entities ___________________________________\n\n");
        let total: usize = counts.iter().map(|(_, count)| count).sum();
        writeln!(text, "     Total                                         : {total}").unwrap();
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            writeln!(text, "     {name:<46}: {count}").unwrap();
        }
        text.push_str("\n -->\n</entity-engine-xml>\n");
        text
    }

    /// Returns `activeobjects.xml`, with the tables of all apps.
    fn active_objects(&self) -> String {
        let mut text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<backup xmlns=\"http://www.atlassian.com/ao\" \
            xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n  <database>\n    \
            <meta key=\"database.name\" value=\"PostgreSQL\"/>\n  </database>\n"
                .to_owned();
        let tables = || self.tables.iter().filter(|(name, _)| name.starts_with("AO_"));
        for (name, table) in tables() {
            writeln!(text, "  <table name=\"{name}\">").unwrap();
            for column in &table.columns {
                writeln!(text, "    <column name=\"{column}\" primaryKey=\"false\" autoIncrement=\"false\" sqlType=\"12\" precision=\"255\"/>").unwrap();
            }
            text.push_str("  </table>\n");
        }
        for (name, table) in tables() {
            let entity = entities().iter().find(|entity| entity.table == name);
            writeln!(text, "  <data tableName=\"{name}\">").unwrap();
            for column in &table.columns {
                writeln!(text, "    <column name=\"{column}\"/>").unwrap();
            }
            for row in &table.rows {
                text.push_str("    <row>\n");
                for (column, value) in table.columns.iter().zip(row) {
                    let value = active_object_value(entity, column, value.as_deref());
                    writeln!(text, "      {value}").unwrap();
                }
                text.push_str("    </row>\n");
            }
            text.push_str("  </data>\n");
        }
        text.push_str("</backup>\n");
        text
    }

    /// Returns a setting of the instance.
    fn property(&self, key: &str) -> Option<&str> {
        let entries = self.tables.get("propertyentry")?;
        let entry = entries.rows.iter().find(|row| entries.get(row, "property_key") == Some(key))?;
        let values = self.tables.get("propertystring")?;
        let id = entries.get(entry, "id");
        let value = values.rows.iter().find(|row| values.get(row, "id") == id)?;
        values.get(value, "propertyvalue")
    }
}

fn is_active_object(entity: &Entity) -> bool {
    entity.table.starts_with("AO_")
}

/// Takes the quotes off a name.
fn unquoted(name: &str) -> String {
    name.trim_matches('"').to_owned()
}

/// Returns a value of a block; `\N` is NULL.
fn value(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next().unwrap() {
                'b' => value.push('\u{8}'),
                'f' => value.push('\u{c}'),
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                'v' => value.push('\u{b}'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    Some(value)
}

fn write_entity(text: &mut String, entity: &Entity, table: &Table, row: &[Option<String>]) {
    let mut children = String::new();
    write!(text, "    <{}", entity.name).unwrap();
    for attribute in &entity.attributes {
        let Some(value) = table.get(row, attribute.column) else { continue };
        match attribute.ty {
            // A backup knows no time zones, and writes a fraction always.
            AttributeType::Date => {
                let moment = value.split('+').next().unwrap();
                let fraction = if moment.contains('.') { "" } else { ".0" };
                write!(text, " {}=\"{moment}{fraction}\"", attribute.name).unwrap();
            }
            _ if value.contains('\n') => {
                let parts = value.replace("]]>", "]]]]><![CDATA[>");
                writeln!(children, "        <{0}><![CDATA[{parts}]]></{0}>", attribute.name).unwrap();
            }
            _ => write!(text, " {}=\"{}\"", attribute.name, escaped(value)).unwrap(),
        }
    }
    match children.is_empty() {
        true => text.push_str("/>\n"),
        false => writeln!(text, ">\n{children}    </{}>", entity.name).unwrap(),
    }
}

fn active_object_value(entity: Option<&Entity>, column: &str, value: Option<&str>) -> String {
    let attribute =
        entity.and_then(|entity| entity.attributes.iter().find(|attribute| attribute.column == column));
    // The limits of columns are floating point numbers.
    let is_limit = matches!(column, "MINIM" | "MAXIM");
    let tag = match attribute.map(|attribute| attribute.ty) {
        _ if is_limit => "double",
        Some(AttributeType::Integer) => "integer",
        Some(AttributeType::Boolean) => "boolean",
        _ => "string",
    };
    match value {
        None => format!("<{tag} xsi:nil=\"true\"/>"),
        Some("t") if tag == "boolean" => "<boolean>true</boolean>".to_owned(),
        Some("f") if tag == "boolean" => "<boolean>false</boolean>".to_owned(),
        Some(value) if is_limit => format!("<double>{value}.0</double>"),
        Some(value) => format!("<{tag}>{}</{tag}>", escaped(value)),
    }
}

fn escaped(value: &str) -> String {
    let text = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\t', "&#9;").replace('\n', "&#10;").replace('\r', "&#13;")
}

const SMALL: &str = "SET client_encoding = 'UTF8';

COPY public.searchrequest (id, filtername, authorname, reqcontent) FROM stdin;
10000\tA \\\\ \"b\" <c>\tbob\tproject = X\\nAND y
10001\t\t\\N\t\\N
\\.

COPY public.\"AO_60DB71_COLUMN\" (\"ID\", \"MAXIM\", \"NAME\") FROM stdin;
5\t3\t
6\t\\N\t\\N
\\.

COPY public.\"AO_60DB71_RAPIDVIEW\" (\"ID\", \"SPRINTS_ENABLED\") FROM stdin;
1\tt
\\.
";

#[test]
fn a_dump_becomes_entities() {
    let text = Dump::parse(SMALL).entities();
    let from = text.find("    <SearchRequest").unwrap();
    insta::assert_snapshot!(&text[from..], @r#"
        <SearchRequest id="10000" author="bob" name="A \ &quot;b&quot; &lt;c&gt;">
            <request><![CDATA[project = X
    AND y]]></request>
        </SearchRequest>
        <SearchRequest id="10001" name=""/>
    <!-- 
    ___ Entities ___________________________________

         Total                                         : 2
         SearchRequest                                 : 2

     -->
    </entity-engine-xml>
    "#);
}

#[test]
fn a_dump_becomes_active_objects() {
    insta::assert_snapshot!(Dump::parse(SMALL).active_objects(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <backup xmlns="http://www.atlassian.com/ao" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <database>
        <meta key="database.name" value="PostgreSQL"/>
      </database>
      <table name="AO_60DB71_COLUMN">
        <column name="ID" primaryKey="false" autoIncrement="false" sqlType="12" precision="255"/>
        <column name="MAXIM" primaryKey="false" autoIncrement="false" sqlType="12" precision="255"/>
        <column name="NAME" primaryKey="false" autoIncrement="false" sqlType="12" precision="255"/>
      </table>
      <table name="AO_60DB71_RAPIDVIEW">
        <column name="ID" primaryKey="false" autoIncrement="false" sqlType="12" precision="255"/>
        <column name="SPRINTS_ENABLED" primaryKey="false" autoIncrement="false" sqlType="12" precision="255"/>
      </table>
      <data tableName="AO_60DB71_COLUMN">
        <column name="ID"/>
        <column name="MAXIM"/>
        <column name="NAME"/>
        <row>
          <integer>5</integer>
          <double>3.0</double>
          <string></string>
        </row>
        <row>
          <integer>6</integer>
          <double xsi:nil="true"/>
          <string xsi:nil="true"/>
        </row>
      </data>
      <data tableName="AO_60DB71_RAPIDVIEW">
        <column name="ID"/>
        <column name="SPRINTS_ENABLED"/>
        <row>
          <integer>1</integer>
          <boolean>true</boolean>
        </row>
      </data>
    </backup>
    "#);
}

#[test]
fn a_real_dump_is_read_wholly() {
    let Some(dump) = Dump::real("baton-9.12.4/data.sql") else { return };
    assert_eq!(dump.property("jira.version"), Some("9.12.4"));
    assert_eq!(dump.tables["AO_60DB71_COLUMN"].rows.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    let reading = super::real_data::read(&dump.write_backup(folder.path()));
    assert_eq!(reading.warnings, Vec::<String>::new(), "the counts of entities agree");
    assert_eq!(reading.version.as_deref(), Some("9.12.4 (9120004)"));
    assert_eq!(reading.rows["AO_60DB71_DETAILVIEWFIELD"], 12);
}
