// many.mjs - thousands of clients in one process: as little as reads a stream.
import net from 'node:net';

// Calls message(client, payload, id) for each message and keeps the position.
export class Client {
  constructor(port, token, query, { message = () => {}, stale = () => {} } = {}) {
    Object.assign(this, { port, token, query, message, stale, id: '', text: '', retry: 0,
      count: 0, failures: 0, connects: 0, welcomed: false });
  }
  // Resolves with the welcome; rejects where there was none.
  connect() {
    this.text = '';
    this.welcomed = false;
    return new Promise((yes, no) => {
      const s = this.socket = net.connect(this.port, '127.0.0.1');
      s.setEncoding('latin1');
      s.on('connect', () => s.write(`GET /stream?${this.query} HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: LVT ${this.token}\r\n` +
        (this.id ? `Last-Event-ID: ${this.id}\r\n` : '') + '\r\n'));
      s.on('data', chunk => { this.feed(chunk); if (this.welcomed) yes(this); });
      s.on('error', () => {});
      s.on('close', () => {
        if (this.welcomed) {
          this.welcomed = false;
          this.closed?.(this);
          return;
        }
        this.failures++;
        no(new Error('no welcome: ' + this.text.slice(0, 80)));
      });
    });
  }
  feed(chunk) {
    const text = this.text + chunk;
    let from = 0;
    for (let i; (i = text.indexOf('\n\n', from)) >= 0; from = i + 2)
      this.block(text.slice(from, i));
    this.text = text.slice(from);
  }
  block(b) {
    const id = b.lastIndexOf('id: ', 0) === 0 ? b.slice(4, (b + '\n').indexOf('\n')) : '';
    if (b.includes('retry: ')) this.retry = Number(b.match(/retry: (\d+)/)[1]);
    if (b.includes('event: message\n')) {
      this.count++;
      this.message(this, b.slice(b.indexOf('"payload":') + 10, -1), id);
    } else if (b.includes('event: welcome\n')) {
      this.welcomed = true;
      this.connects++;
    } else if (b.includes('event: stale\n')) this.stale(this, b);
    if (id) this.id = id;
  }
  close() { this.closed = undefined; this.socket.destroy(); }
}

// n clients, a few hundred connecting at one time.
export async function connectAll(n, make) {
  const all = [];
  for (let i = 0; i < n; i += 250)
    all.push(...await Promise.all(Array.from({ length: Math.min(250, n - i) },
      (_, k) => make(i + k).connect())));
  return all;
}
