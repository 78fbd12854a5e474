//! The hosts of an address, of which the first one that lets pcfg in is taken.
//!
//! Invariant: each address of each host has the whole time of `connect_timeout` for itself, whatever those before it did with theirs:
//! who answers and says nothing is as good as nobody.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts};

/// A host of an address.
pub(super) struct Server {
    host: Option<Host>,
    address: Option<IpAddr>,
    port: u16,
}

/// Returns the hosts of an address, in the order in which they are tried.
pub(super) fn of(config: &Config) -> Result<Vec<Server>, &'static str> {
    /// The port of PostgreSQL.
    const PORT: u16 = 5432;
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err("`host` and `hostaddr` name different numbers of hosts");
    }
    if ports.len() > 1 && ports.len() != count {
        return Err("it names another number of ports than of hosts");
    }
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
    let one =
        |at| Server { host: hosts.get(at).cloned(), address: addresses.get(at).copied(), port: port(at) };
    let mut all: Vec<Server> = (0..count).map(one).collect();
    if all.is_empty() {
        #[cfg(unix)]
        let host = Host::Unix("/var/run/postgresql".into());
        #[cfg(not(unix))]
        let host = Host::Tcp("localhost".to_owned());
        all.push(Server { host: Some(host), address: None, port: port(0) });
    }
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        let random = RandomState::new();
        all.sort_by_cached_key(|own| random.hash_one((own.port, &own.address, format!("{:?}", own.host))));
    }
    Ok(all)
}

/// Returns whether a network is between here and the host that a connection is made with: it is neither this machine nor a socket.
pub(super) fn is_remote(config: &Config) -> bool {
    config.get_hostaddrs().iter().any(|own| !own.is_loopback())
}

impl Server {
    /// Returns how to connect with each address of the host.
    pub(super) async fn ways(&self, others: &Config, wait: Option<Duration>) -> Vec<Config> {
        let mut config = others.clone();
        config.port(self.port);
        match &self.host {
            Some(Host::Tcp(name)) => config.host(name),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => config.host_path(folder),
            None => &mut config,
        };
        let at = |address: IpAddr| {
            let mut config = config.clone();
            config.hostaddr(address);
            config
        };
        let known = match (&self.address, &self.host) {
            (Some(address), _) => return vec![at(*address)],
            (None, Some(Host::Tcp(name))) => {
                let known = tokio::net::lookup_host((name.as_str(), self.port));
                match wait {
                    Some(wait) => tokio::time::timeout(wait, known).await.ok().and_then(Result::ok),
                    None => known.await.ok(),
                }
            }
            _ => None,
        };
        // What is wrong with a name is told by whoever connects with it.
        let ways: Vec<Config> = known.into_iter().flatten().map(|own| at(own.ip())).collect();
        if ways.is_empty() { vec![config] } else { ways }
    }
}
