#!/bin/sh
# Writes the formula of Homebrew for a release: formula.sh VERSION RELEASES FOLDER
#
# RELEASES is the page of the releases, FOLDER holds the archives with their checksums.
set -eu

version=$1
releases=$2
folder=$3

sum() {
  cut -d ' ' -f 1 "$folder/pcfg-$1.tar.gz.sha256"
}

cat <<FORMULA
# Made by packaging/formula.sh.
class Pcfg < Formula
  desc "Treats the configuration of a Jira project as code"
  homepage "${releases%/releases}"
  version "$version"
  license "MIT"

  on_macos do
    on_arm do
      url "$releases/download/v$version/pcfg-aarch64-apple-darwin.tar.gz"
      sha256 "$(sum aarch64-apple-darwin)"
    end
    on_intel do
      url "$releases/download/v$version/pcfg-x86_64-apple-darwin.tar.gz"
      sha256 "$(sum x86_64-apple-darwin)"
    end
  end

  on_linux do
    on_arm do
      url "$releases/download/v$version/pcfg-aarch64-unknown-linux-musl.tar.gz"
      sha256 "$(sum aarch64-unknown-linux-musl)"
    end
    on_intel do
      url "$releases/download/v$version/pcfg-x86_64-unknown-linux-musl.tar.gz"
      sha256 "$(sum x86_64-unknown-linux-musl)"
    end
  end

  def install
    bin.install "pcfg"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/pcfg.bash" => "pcfg"
    zsh_completion.install "completions/_pcfg"
    fish_completion.install "completions/pcfg.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/pcfg --version")
  end
end
FORMULA
