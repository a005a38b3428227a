// usage: node client.js URL TOKEN COMPANY [TRANSPORT...]
// Prints a line of JSON for everything that happens to the connection; ends when its stdin does.
"use strict";
const { io } = require("socket.io-client");

const [url, token, company, ...transports] = process.argv.slice(2);
const tell = (event, data) => process.stdout.write(JSON.stringify({ event, data }) + "\n");
const socket = io(url, { auth: { token }, reconnection: false, ...(transports.length ? { transports } : {}) });

socket.on("connect", () => {
  socket.emit("join-company", company, (answer) => tell("joined", answer));
});
socket.on("connect_error", (error) => tell("refused", error.message));
socket.on("disconnect", (reason) => tell("disconnect", reason));
socket.io.engine.on("upgrade", (transport) => tell("upgrade", transport.name));
socket.on("new-message", (data) => tell("new-message", data));
socket.on("connection-status", (data) => tell("connection-status", data));
process.stdin.on("end", () => process.exit(0)).resume();
