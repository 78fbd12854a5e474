//! A browser to look at pages with: Chromium, driven through ChromeDriver's HTTP interface (WebDriver).

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A browser with one window and a new, empty profile; it ends with this value.
pub(crate) struct Browser {
    driver: Child,
    profile: tempfile::TempDir,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Starts a browser; where there is none, says so.
    pub(crate) fn start() -> Option<Self> {
        let started =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut driver) = started else {
            crate::skip::skipped(
                crate::skip::Need::Tool("chromedriver", "chromium chromium-driver"),
                "pages are opened in a browser",
            );
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let port = port.expect("chromedriver says its port");
        // It must not stop because nobody reads what it says.
        let _reader = std::thread::spawn(move || lines.map_while(Result::ok).count());
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let profile = tempfile::tempdir().unwrap();
        let root = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, profile, agent: config.new_agent(), session: root };
        let folder = format!("--user-data-dir={}", browser.profile.path().display());
        let arguments = [
            "--headless",
            // Containers and CI often run as root, where Chromium has no sandbox.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            &folder,
        ];
        let options = json!({ "args": arguments, "perfLoggingPrefs": { "enableNetwork": true } });
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let capabilities = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": logs });
        let made = browser.post("/session", &json!({ "capabilities": { "alwaysMatch": capabilities } }));
        let id = made["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}"));
        browser.session = format!("{}/session/{id}", browser.session);
        Some(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let mut answer = self.agent.post(&url).send_json(body).unwrap();
        let is_fine = answer.status().is_success();
        let value = answer.body_mut().read_json::<Value>().unwrap()["value"].take();
        assert!(is_fine, "{path}: {value}");
        value
    }

    /// Opens a file.
    pub(crate) fn open(&self, path: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", path.display()) }));
    }

    /// Loads the page anew.
    pub(crate) fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// Returns what the body of a function returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Returns a value of the page as text.
    pub(crate) fn text(&self, expression: &str) -> String {
        match self.run(&format!("return {expression};")) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait(&self, expression: &str) {
        for _ in 0..200 {
            if self.run(&format!("return !!({expression});")) == json!(true) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        panic!("never true: {expression}");
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Clicks an element, which must be seen.
    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Writes into an element.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.element(selector)), &json!({ "text": text }));
    }

    /// Presses a key and lets it go; special keys have code points of their own in WebDriver.
    pub(crate) fn press(&self, key: char) {
        let actions = ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": key }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Gives a command of Chromium's own protocol.
    pub(crate) fn command(&self, name: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }));
    }

    /// Returns what was said on the console since the last call.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Returns the addresses that were asked for since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "performance" }));
        let entries = entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap());
        let events = entries.map(|entry| serde_json::from_str::<Value>(entry).unwrap()["message"].take());
        let sent = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = sent.map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned());
        // The browser's own pages are no network.
        urls.filter(|url| !url.starts_with("chrome://")).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; if it cannot, it ends with its driver.
        let _ended = self.agent.delete(&self.session).call();
        let _killed = self.driver.kill();
        let _waited = self.driver.wait();
    }
}
