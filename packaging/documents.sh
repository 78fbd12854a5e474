#!/bin/sh
# Writes man pages and completions for packages: documents.sh PCFG FOLDER
#
# PCFG is the program that was built; of another machine's program, take one that runs here: both say the same.
set -eu

pcfg=$1
folder=$2
rm -rf "$folder/man" "$folder/completions"
mkdir -p "$folder/completions"
"$pcfg" --quiet man "$folder/man"
"$pcfg" completions bash >"$folder/completions/pcfg.bash"
"$pcfg" completions zsh >"$folder/completions/_pcfg"
"$pcfg" completions fish >"$folder/completions/pcfg.fish"
"$pcfg" completions powershell >"$folder/completions/pcfg.ps1"
