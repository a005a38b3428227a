"""An attacker's web server: one page, whose scripts try everything a page may try against an address."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

_PAGE: Final = b"<!doctype html><title>Boleto</title><body>Seu boleto vence hoje.</body>"

ATTACK: Final = r"""
(async () => {
  const target = %(url)s, wire = target.replace('http', 'ws'), cnpj = %(cnpj)s, group = %(group)s;
  const order = target + '/api/enviar-relatorio', json = JSON.stringify({cnpj}), seen = {};
  const text = JSON.stringify({sessionId: 'principal', to: group, message: 'ataque'});
  const attempt = async (name, work) => {
    const late = new Promise(done => setTimeout(() => done('silence'), 40000));
    try { seen[name] = await Promise.race([work(), late]); } catch (error) { seen[name] = error.name; }
  };
  const ask = (path, options) => fetch(target + path, options).then(a => a.type === 'opaque' ? 'opaque' : a.status);
  const post = (type, body, mode) =>
    ({method: 'POST', mode, body, credentials: 'include', headers: {'Content-Type': type}});
  const form = (enctype, fields) => () => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.name = 'f' + Math.random();
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, {action: order, method: 'POST', enctype, target: frame.name});
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement('input');
      Object.assign(field, {name, value, type: 'hidden'});
      form.append(field);
    }
    document.body.append(form);
    frame.onload = () => done('shown');
    form.submit();
  });
  const load = (tag, path) => () => new Promise(done => {
    const element = document.createElement(tag);
    element.onload = () => done('loaded');
    element.onerror = () => done('error');
    element.src = target + path;
    document.body.append(element);
  });
  const socket = path => () => new Promise(done => {
    const line = new WebSocket(wire + path);
    line.onopen = () => done('open');
    line.onerror = () => done('error');
  });
  await attempt('simple fetch', () => ask('/api/enviar-relatorio', post('text/plain', json, 'no-cors')));
  await attempt('simple fetch that reads', () => ask('/api/enviar-relatorio', post('text/plain', json, 'cors')));
  await attempt('preflighted fetch', () => ask('/api/enviar-relatorio', post('application/json', json, 'cors')));
  await attempt('fetch with a key', () => ask('/api/enviar-relatorio',
    {method: 'POST', body: json, headers: {'X-API-Key': 'malote_adivinhada'}}));
  await attempt('text of contract B', () => ask('/whatsapp/messages/send', post('text/plain', text, 'no-cors')));
  await attempt('text of contract C', () => ask('/webhook', post('text/plain',
    JSON.stringify({phone: group, message: 'ataque', message_type: 'texto', empresa_id: 1}), 'no-cors')));
  await attempt('reading fetch', () => ask('/api/empresas', {mode: 'cors'}));
  await attempt('blind fetch', () => ask('/api/envios', {mode: 'no-cors'}));
  await attempt('beacon', async () => navigator.sendBeacon(order, new Blob([json], {type: 'text/plain'})));
  await attempt('form', form('application/x-www-form-urlencoded', {cnpj}));
  await attempt('multipart form', form('multipart/form-data', {cnpj}));
  await attempt('plain form', form('text/plain', {['{"cnpj":"' + cnpj + '","x":"']: '"}'}));
  await attempt('image', load('img', '/api/enviar-relatorio?cnpj=' + cnpj));
  await attempt('script', load('script', '/api/envios'));
  await attempt('WebSocket', socket('/ws/whatsapp/principal'));
  await attempt('socket.io by polling', () => ask('/socket.io/?EIO=4&transport=polling', {mode: 'no-cors'}));
  await attempt('socket.io by WebSocket', socket('/socket.io/?EIO=4&transport=websocket'));
  await attempt('EventSource', () => new Promise(done => {
    const source = new EventSource(target + '/api/envios');
    source.onopen = () => done('open');
    source.onerror = () => { source.close(); done('error'); };
  }));
  return seen;
})()
"""
"""Gives what each attempt showed to the page; `url`, `cnpj` and `group` are JavaScript texts."""


class HostileSite:
    """Listens on loopback while the `with` lasts, under whatever name a browser was made to take for it."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
        self._thread = threading.Thread(target=self._server.serve_forever, name="hostile-site", daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads this server's log."""
