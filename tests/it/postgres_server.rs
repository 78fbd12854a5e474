//! A real PostgreSQL for the tests: the one that `PCFG_TEST_POSTGRES` names, or one of Debian's package `postgresql` that is
//! started in a temporary folder, on a free port, as an ordinary user. Without either, tests say loudly that they were skipped.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use pcfg::instance::{Address, Login, Postgres};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The password of all roles. Tests look for it in everything that pcfg writes.
pub(crate) const PASSWORD: &str = "swordfish";

/// The role that a server of the tests' own lets in by a certificate only.
pub(crate) const CERTIFIED: &str = "certified";

/// A server.
pub(crate) struct Server {
    /// The address of a superuser, without the database.
    superuser: String,
    /// The host and port.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The certificate of the authority of the server's, if it has one.
    pub(crate) authority: Option<PathBuf>,
    /// The program `psql`.
    psql: Option<PathBuf>,
    /// Ends the server when this process ends, however it ends: its standard input is closed then.
    _keeper: Option<Child>,
}

/// Returns the server, or says that the test is skipped.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server),
        Err(why) => {
            crate::skip::skipped(crate::skip::Need::Postgres, why);
            None
        }
    }
}

fn start() -> Result<Server, String> {
    let server = match std::env::var("PCFG_TEST_POSTGRES") {
        Ok(url) => Server::named(&url),
        Err(_) => Server::own()?,
    };
    // The owners of the tables of the real dumps.
    for role in ["jira", "ao_user"] {
        server.make_role(role);
    }
    Ok(server)
}

/// Returns the newest folder of Debian's package that has a program, or that of the search path.
fn programs(program: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    folders.sort();
    folders.splice(0..0, std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().rfind(|folder| folder.join(program).is_file())
}

impl Server {
    fn named(url: &str) -> Self {
        let address = Address::parse(url).unwrap();
        let Login { host, port, .. } = address.login().clone();
        let superuser = url.split_once('?').map_or(url, |(url, _)| url);
        let (scheme, rest) = superuser.split_once("://").unwrap();
        let superuser = format!("{scheme}://{}", rest.split('/').next().unwrap());
        let psql = programs("psql").map(|folder| folder.join("psql"));
        Self { superuser, host, port: port.parse().unwrap(), authority: None, psql, _keeper: None }
    }

    fn own() -> Result<Self, String> {
        let programs = programs("initdb").ok_or("there is no `initdb`")?;
        let folder = tempfile::Builder::new().prefix("pcfg-postgres").tempdir().unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        let authority = certificates(&folder);
        let ssl = if authority.is_some() { "on" } else { "off" };
        let script = format!(
            "cd \"$1\" && \"$2/initdb\" -D data -U postgres -E UTF8 --locale=C.UTF-8 -A scram-sha-256 --pwfile=password \
                --no-sync >initdb.log 2>&1 || {{ echo failed; exit 1; }}
             if [ {ssl} = on ]; then
                cp server.crt server.key ca.crt data/ && chmod 600 data/server.key
                echo 'hostssl all {CERTIFIED} 127.0.0.1/32 cert' >hba && cat data/pg_hba.conf >>hba && mv hba data/pg_hba.conf
                authority='-c ssl_ca_file=ca.crt'
             fi
             \"$2/postgres\" -D data -p {port} -k \"$1\" -c listen_addresses=127.0.0.1 -c fsync=off -c ssl={ssl} $authority \
                -c max_connections=200 -c track_io_timing=off -c stats_fetch_consistency=none >server.log 2>&1 &
             server=$!
             echo started
             cat >/dev/null
             kill -INT $server; wait $server; cd / && rm -rf \"$1\""
        );
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg("sh").arg(&folder).arg(&programs);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        if is_root() {
            use std::os::unix::process::CommandExt as _;
            // PostgreSQL refuses to run as root.
            const NOBODY: u32 = 65_534;
            for path in std::iter::once(folder.clone()).chain(files(&folder)) {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut keeper = command.spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(keeper.stdout.take().unwrap()), &mut line)
            .unwrap();
        if line.trim() != "started" {
            keeper.wait().unwrap();
            let log = std::fs::read_to_string(folder.join("initdb.log")).unwrap_or_default();
            return Err(format!("`initdb` fails: {log}"));
        }
        let server = Self {
            superuser: format!("postgres://postgres:{PASSWORD}@127.0.0.1:{port}"),
            host: "127.0.0.1".to_owned(),
            port,
            authority,
            psql: self::programs("psql").map(|folder| folder.join("psql")),
            _keeper: Some(keeper),
        };
        for _ in 0..600 {
            if try_sql(&server.url("postgres"), "SELECT").is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
        Err(format!("the server does not answer: {log}"))
    }

    /// Returns the address of a database for a superuser.
    fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.superuser)
    }

    fn make_role(&self, role: &str) {
        let url = self.url("postgres");
        if sql(&url, &format!("SELECT FROM pg_roles WHERE rolname = '{role}'")).is_empty() {
            sql(&url, &format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{PASSWORD}'"));
        }
        let own = format!("postgres://{role}:{PASSWORD}@{}:{}/postgres", self.host, self.port);
        if let Err(error) = try_sql(&own, "SELECT") {
            panic!(
                "the server has a role `{role}` that is not the tests': they need it as a superuser with the password \
                 `{PASSWORD}`, so name a server in PCFG_TEST_POSTGRES that nobody else uses: {error:?}"
            );
        }
    }

    fn create(&self, template: &str) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("pcfg_test_{}_{number}", std::process::id());
        // Two cannot copy one template at the same time.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap();
        sql(&self.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { server: server().unwrap(), name }
    }

    /// Makes an empty database.
    pub(crate) fn database(&self) -> Database {
        self.create("template0")
    }

    /// Makes a database of a real dump, or says that the test is skipped.
    pub(crate) fn restored(&self, dump: &str) -> Option<Database> {
        static TEMPLATES: Mutex<Vec<(String, Database)>> = Mutex::new(Vec::new());
        let folder = crate::real_data::folder("postgres")?.join(dump);
        let Some(psql) = &self.psql else {
            crate::skip::skipped(crate::skip::Need::Tool("psql", "postgresql-client"), "it loads dumps");
            return None;
        };
        let mut templates = TEMPLATES.lock().unwrap();
        if !templates.iter().any(|(own, _)| own == dump) {
            let database = self.database();
            let scripts = ["schema.sql", "data.sql", "db.sql"].map(|name| folder.join(name));
            for script in scripts.iter().filter(|script| script.is_file()) {
                let output = Command::new(psql)
                    .args(["-q", "-v", "ON_ERROR_STOP=1", "-f"])
                    .arg(script)
                    .arg(self.url(&database.name))
                    .output()
                    .unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success() && said.is_empty(), "{}: {said}", script.display());
            }
            sql(&self.url(&database.name), "ANALYZE");
            templates.push((dump.to_owned(), database));
        }
        let (_, template) = templates.iter().find(|(own, _)| own == dump).unwrap();
        Some(self.create(&template.name))
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Makes an authority, a certificate of the host `localhost`, and one of the role that has no password; returns the former, or nothing without `openssl`.
fn certificates(folder: &Path) -> Option<PathBuf> {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        output.is_ok_and(|output| output.status.success())
    };
    std::fs::File::create(folder.join("names"))
        .unwrap()
        .write_all(b"subjectAltName=DNS:localhost\n")
        .unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let signed = "-CA ca.crt -CAkey ca.key -CAcreateserial -days 3650";
    let made =
        openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -days 3650 -subj /CN=pcfg-tests"))
            && openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"))
            && openssl(&format!("x509 -req -in server.csr {signed} -extfile names -out server.crt"))
            && openssl(&format!("req {key} -keyout client.key -out client.csr -subj /CN={CERTIFIED}"))
            && openssl(&format!("x509 -req -in client.csr {signed} -out client.crt"));
    made.then(|| folder.join("ca.crt"))
}

/// A database, which goes when it is dropped.
pub(crate) struct Database {
    server: &'static Server,
    pub(crate) name: String,
}

impl Database {
    /// Returns the address for the role `jira`, which may do everything.
    pub(crate) fn url(&self) -> String {
        self.url_of("jira")
    }

    /// Returns the address for a role.
    pub(crate) fn url_of(&self, role: &str) -> String {
        let Server { host, port, .. } = self.server;
        format!("postgres://{role}:{PASSWORD}@{host}:{port}/{}", self.name)
    }

    /// Returns the address by way of another port of this machine.
    pub(crate) fn url_by(&self, port: u16) -> String {
        format!("postgres://jira:{PASSWORD}@127.0.0.1:{port}/{}?sslmode=disable", self.name)
    }

    pub(crate) fn address(&self) -> Address {
        Address::parse(&self.url()).unwrap()
    }

    pub(crate) fn open(&self) -> Postgres {
        Postgres::new(self.address())
    }

    /// Runs statements as a superuser whom nobody takes for Jira; returns all rows.
    pub(crate) fn sql(&self, text: &str) -> Vec<Vec<Option<String>>> {
        sql(&format!("{}?application_name=pcfg-tests", self.server.url(&self.name)), text)
    }

    /// Runs statements as a role.
    pub(crate) fn try_as(
        &self,
        role: &str,
        text: &str,
    ) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
        try_sql(&self.url_of(role), text)
    }

    /// Returns the only value of the only row.
    pub(crate) fn value(&self, text: &str) -> String {
        self.sql(text)[0][0].clone().unwrap_or_default()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be gone.
        let _gone = try_sql(
            &self.server.url("postgres"),
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
    }
}

fn sql(url: &str, text: &str) -> Vec<Vec<Option<String>>> {
    try_sql(url, text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn try_sql(url: &str, text: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let task = tokio::spawn(connection);
        let messages = client.simple_query(text).await?;
        drop(client);
        task.await.unwrap()?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    })
}
