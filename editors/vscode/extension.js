// Starts `telovix lsp` for the open folder, and connects the editor with it.
const { commands, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = workspace.getConfiguration("telovix").get("path");
  client = new LanguageClient(
    "telovix",
    "Telovix",
    { command, args: ["lsp"] },
    {
      documentSelector: [
        { scheme: "file", language: "yaml" },
        { scheme: "file", language: "json" },
      ],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{yaml,yml,json}") },
    },
  );
  await client.start();
}

async function activate(context) {
  const restart = async () => {
    await client?.stop();
    await start();
  };
  context.subscriptions.push(commands.registerCommand("telovix.restart", restart));
  await start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
