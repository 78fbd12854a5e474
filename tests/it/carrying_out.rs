//! What carries out imports, saved plans and the way back, over a place that is changed by calls: what is not proved there in a
//! transaction is read back, and what nothing takes back is told.

use std::time::Duration;

use pcfg::compare::Left;
use pcfg::import::{
    Applied, Disproved, End, Imported, Order, Origin, Phase, SavedPlan, Seen as _, Shown, Taken, Target,
    Undone, User, Wish, Work, Written, apply, undo,
};
use pcfg::instance::{Embedded, Instance as _, Reading, Run, Scope, Writable, WriteError};
use pcfg::model::{Config, Content};
use pcfg::plan::{Description, Options};
use pcfg::ui::plan_text;
use serde_json::{Value, json};

use crate::embedded::{loaded, run};
use crate::env::testdata;
use crate::rowless::{Held, Site, demo, edited, import};
use crate::saved_plans::sealed;

/// A site in a command, with what goes wrong there.
struct Door {
    site: Site,
    /// Whether somebody changes something before the next write.
    is_overtaken: bool,
    /// Whether the site makes something else of what is written.
    is_odd: bool,
}

fn door(site: &Site) -> Door {
    Door { site: site.clone(), is_overtaken: false, is_odd: false }
}

fn say(held: &mut Held, tag: &str, text: &str) {
    let own = held.objects.iter_mut().filter(|(_, own)| own.tag() == tag);
    let mut descriptions = own.filter_map(|(_, own)| own.children_mut()).flatten();
    let description = descriptions.find(|own| own.tag() == "description");
    description.unwrap().content = Content::Text(text.into());
}

impl pcfg::import::Site for Door {
    type Seen = Reading;
    type Fault = WriteError;

    fn read(&mut self) -> Result<Reading, WriteError> {
        Ok(self.site.read(Scope::default(), &|_, _| {})?)
    }

    fn write(&mut self, order: &Order<'_, Reading>) -> Result<Written, WriteError> {
        if std::mem::take(&mut self.is_overtaken) {
            say(&mut self.site.state().held, "status", "Theirs");
        }
        let run = Run { undoes: order.undoes, ..run("pcfg import") };
        let id = self.site.carry_out(order.proved, &run)?;
        if self.is_odd {
            say(&mut self.site.state().held, "screen", "Odd");
        }
        Ok(Written { run: Some(id), differs: (order.prove)(&self.read()?) })
    }

    fn left(&mut self, _: &Config) -> Result<Option<Left>, WriteError> {
        Ok(None)
    }
}

/// Somebody who agrees to everything, and wants it to be planned as often as this.
#[derive(Default)]
struct Somebody {
    again: usize,
    shown: Vec<String>,
    stays: Vec<String>,
}

impl User<Door> for Somebody {
    fn begins(&self, _: usize) -> Box<dyn Fn(Phase)> {
        Box::new(|_| ())
    }

    fn is_shown(&mut self, _: &Reading, what: Shown<'_>) -> Result<(), WriteError> {
        self.shown.push(plan_text(
            &match what {
                Shown::Import(import) => import.plan.describe(),
                Shown::Saved(proved) => proved.plan().clone(),
                Shown::Back(preview, stays) => {
                    self.stays = stays.to_vec();
                    preview.plan.clone()
                }
            },
            None,
        ));
        Ok(())
    }

    fn agrees(&mut self, _: &Description) -> Result<bool, WriteError> {
        Ok(true)
    }

    fn plans_anew(&mut self, why: &WriteError) -> bool {
        assert!(matches!(why, WriteError::Changed { .. }), "{why}");
        self.again = self.again.saturating_sub(1);
        self.again > 0
    }
}

fn imported(door: &mut Door, user: &mut Somebody) -> Result<Imported, WriteError> {
    let options = Options::default();
    let wish = Wish { file: &edited(), options: &options, is_partial: false };
    pcfg::import::import(door, user, &wish)
}

fn written(end: End) -> Written {
    let End::Done(written, _) = end else { panic!("{end:?}") };
    written
}

#[test]
fn an_import_is_planned_anew_where_somebody_was_quicker() {
    let site = Site::new(demo());
    let mut door = Door { is_overtaken: true, ..door(&site) };
    let mut user = Somebody { again: 2, ..Somebody::default() };
    let end = written(imported(&mut door, &mut user).unwrap().end);
    assert_eq!(user.shown.len(), 2, "it is shown again");
    assert_eq!(end.differs, [""; 0]);
    assert!(import(&mut site.clone(), &edited(), &Options::default()).plan.is_empty());

    // Who has agreed to one plan gets no other one.
    let mut door = Door { is_overtaken: true, ..self::door(&Site::new(demo())) };
    assert!(matches!(imported(&mut door, &mut Somebody::default()), Err(WriteError::Changed { .. })));
}

#[test]
fn what_is_not_as_planned_is_told() {
    let site = Site::new(demo());
    let mut odd = Door { is_odd: true, ..door(&site) };
    let end = written(imported(&mut odd, &mut Somebody::default()).unwrap().end);
    assert_eq!(end.differs.len(), 1, "{:?}", end.differs);
    assert!(
        end.differs[0].starts_with("screen `") && end.differs[0].ends_with("/description"),
        "{:?}",
        end.differs
    );
    // The same of a saved plan, and of the way back.
    let other = Site::new(demo());
    let saved = saved(&mut other.clone());
    let mut odd = Door { is_odd: true, ..door(&other) };
    let applied = apply(&mut odd, &mut Somebody::default(), &saved, &saved.work().unwrap()).unwrap();
    let Applied::End(end) = applied else { panic!("{applied:?}") };
    assert_eq!(written(end).differs.len(), 1);
    let site = Site::new(demo());
    imported(&mut door(&site), &mut Somebody::default()).unwrap();
    let mut odd = Door { is_odd: true, ..door(&site) };
    let undone = undo(&mut odd, &mut Somebody::default(), &taken(&site)).unwrap();
    let Undone::End(end) = undone else { panic!("{undone:?}") };
    assert_eq!(written(end).differs.len(), 1);
}

fn taken(site: &Site) -> Taken {
    let back = site.clone().run(1).unwrap().back();
    Taken { run: 1, back, projects: Vec::new(), mended: Default::default() }
}

fn saved(site: &mut Site) -> SavedPlan {
    SavedPlan::parse(&saved_text(site)).unwrap()
}

fn saved_text(site: &mut Site) -> String {
    let reading = site.read(Scope::default(), &|_, _| {}).unwrap();
    let (file, options) = (edited(), Options::default());
    let import = import(site, &file, &options);
    assert_eq!(import.plan.refused, []);
    let bytes = pcfg::xml::to_string(&file).into_bytes();
    let origin = Origin { name: "edited.xml", bytes: &bytes, options: &options, new: None };
    SavedPlan::new(&import, &origin, Target::default(), reading.place(), &reading.snapshot).text()
}

fn causes(site: &mut Site, plan: &Value) -> Vec<String> {
    let saved = SavedPlan::parse(&plan.to_string()).unwrap();
    match apply(&mut door(site), &mut Somebody::default(), &saved, &saved.work().unwrap()).unwrap() {
        Applied::Disproved(Disproved::Untrue(causes)) => causes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_saved_plan_of_calls_is_read_again_and_does_what_it_tells() {
    let before = demo();
    let mut site = Site::new(before.clone());
    let plan: Value = serde_json::from_str(&saved_text(&mut site)).unwrap();
    assert!(plan["calls"].as_array().unwrap().len() > 10 && plan["rows"] == json!([]));

    // Whatever somebody edits in its calls shows, also under a new checksum.
    let mut fewer = plan.clone();
    let gone = fewer["calls"].as_array_mut().unwrap().pop().unwrap();
    assert!(causes(&mut site, &sealed(fewer)).iter().any(|own| own.contains("that no calls make")));
    let mut more = plan.clone();
    more["calls"].as_array_mut().unwrap().push(json!({ "about": "nothing", "sends": gone["sends"] }));
    let saved_more = SavedPlan::parse(&sealed(more).to_string()).unwrap();
    let more = apply(&mut door(&site), &mut Somebody::default(), &saved_more, &saved_more.work().unwrap());
    assert!(matches!(more, Ok(Applied::Disproved(Disproved::Conflict(_)))), "{more:?}");
    let mut one_way = plan.clone();
    one_way["calls"][0].as_object_mut().unwrap().remove("takes_back");
    let said = causes(&mut site, &sealed(one_way));
    assert!(
        said.iter().any(|own| own.contains("a step of the plan makes it, and the plan has another")),
        "{said:?}"
    );
    assert_eq!(site.held(), Site::new(before).held(), "nothing was called");

    // Not for a place of another kind.
    let saved = SavedPlan::parse(&plan.to_string()).unwrap();
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let mut rows = Embedded::open(&path).unwrap();
    let reading = rows.read(Scope::default(), &|_, _| {}).unwrap();
    let why = saved.prove(&saved.work().unwrap(), reading.place(), (reading.snapshot(), &reading.facts()));
    let Err(Disproved::Untrue(why)) = why else { panic!("{why:?}") };
    assert_eq!(why, ["it is made of calls, and this instance is changed by rows"]);
    let proved = import(&mut site, &edited(), &Options::default()).proved().unwrap();
    rows.wait(Duration::ZERO);
    let error = rows.carry_out(&proved, &run("pcfg import")).unwrap_err();
    assert_eq!(error.to_string(), "this instance is not changed by calls");

    let applied = apply(&mut door(&site), &mut Somebody::default(), &saved, &saved.work().unwrap()).unwrap();
    let Applied::End(end) = applied else { panic!("{applied:?}") };
    assert_eq!(written(end), Written { run: Some(1), differs: Vec::new() });
    assert!(import(&mut site, &edited(), &Options::default()).plan.is_empty());
    // And not a second time.
    let again = apply(&mut door(&site), &mut Somebody::default(), &saved, &saved.work().unwrap()).unwrap();
    assert!(matches!(again, Applied::Disproved(Disproved::Changed(_))), "{again:?}");
}

#[test]
fn what_nothing_takes_back_is_told_before_and_stays() {
    let lasting = Held { lasting: Some("projectRole"), ..demo() };
    let mut site = Site::new(lasting.clone());
    let text = saved_text(&mut site);
    assert!(text.contains("\"irrevocable\": ["), "a saved plan says so, too");
    let mut hidden: Value = serde_json::from_str(&text).unwrap();
    hidden["plan"].as_object_mut().unwrap().remove("irrevocable");
    assert_eq!(causes(&mut site, &sealed(hidden)), ["the plan tells otherwise what cannot be taken back"]);
    let mut user = Somebody::default();
    imported(&mut door(&site), &mut user).unwrap();
    let told = user.shown[0].split("cannot be taken back").nth(1).unwrap();
    assert!(told.contains(" projectRole `New of its kind`\n"), "{told}");

    let taken = taken(&site);
    let all = taken.back.stays.len();
    assert!(all > 1 && !taken.back.work.is_empty());
    let undone = undo(&mut door(&site), &mut user, &taken).unwrap();
    let Undone::End(end) = undone else { panic!("{undone:?}") };
    assert_eq!(written(end).differs, [""; 0]);
    assert_eq!(user.stays, taken.back.stays, "it is told which");
    let (now, before) = (site.held().objects, Site::new(lasting).held().objects);
    let differing: Vec<&str> =
        now.iter().filter(|own| !before.contains(own)).map(|(_, own)| own.tag()).collect();
    assert_eq!(differing, vec!["projectRole"; all], "they stay, and all else is as it was");
    assert!(before.iter().all(|own| now.contains(own) || own.1.tag() == "projectRole"));

    // Where nothing could be taken back, nothing is begun.
    let back = Work::Calls(vec![]).back();
    let nothing = Taken { back: pcfg::import::Back { stays: taken.back.stays.clone(), ..back }, ..taken };
    let undone = undo(&mut door(&site), &mut user, &nothing).unwrap();
    assert!(matches!(undone, Undone::Stays(stays) if stays.len() == all));
}
