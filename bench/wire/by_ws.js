// SPDX-License-Identifier: MIT
// by_ws PORT PATH CA WAY: the client of npm `ws`, as its documentation uses it; the ways of tally.h. A message comes as
// a Buffer and is taken as that.
'use strict'
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { WebSocket } = require(path.join(__dirname, '..', '..', 'tests', 'peers', 'node_modules', 'ws'))

const KEY = '"sent":'
const BASE = 10n ** 18n
const DIGITS = 19
const [port, where, ca, way] = process.argv.slice(2)
const socket = new WebSocket(`${ca === '-' ? 'ws' : 'wss'}://127.0.0.1:${port}${where}`, {
  ca: ca === '-' ? undefined : fs.readFileSync(ca),
  perMessageDeflate: false
})
const sha = crypto.createHash('sha256')
const samples = []
let frames = 0
let bytes = 0
let at = 0
let wall
let cpu

const take = {
  count (data) {
    frames++
    bytes += data.length
  },
  digest (data) {
    const tail = Buffer.alloc(4)
    tail.writeUInt32LE(data.length)
    take.count(data)
    sha.update(data).update(tail)
  },
  latency (data) {
    at = at || data.indexOf(KEY) + KEY.length
    samples.push(Number(process.hrtime.bigint() - BigInt(data.latin1Slice(at, at + DIGITS)) + BASE))
    take.count(data)
  }
}

socket.on('open', () => {
  wall = process.hrtime.bigint()
  cpu = process.cpuUsage()
})
socket.on('message', take[way])
socket.on('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
socket.on('close', () => {
  const used = process.cpuUsage(cpu)
  const found = {
    frames,
    bytes,
    cpu_ns: (used.user + used.system) * 1000,
    wall_ns: Number(process.hrtime.bigint() - wall)
  }
  if (way === 'digest') found.digest = sha.digest('hex')
  if (samples.length > 0) {
    samples.sort((a, b) => a - b)
    for (const [name, q] of [['p50', 0.5], ['p99', 0.99], ['p999', 0.999]]) {
      found[name] = samples[Math.floor(q * (samples.length - 1))]
    }
  }
  console.log(JSON.stringify(found))
  process.exit(0)
})
