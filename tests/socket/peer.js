// One mqtt.js client: subscribes to what it publishes, prints what comes back as one line of JSON, and leaves.
const mqtt = require('mqtt')
const [url, version, ca] = process.argv.slice(2)
const options = { protocolVersion: Number(version), clientId: 'js', reconnectPeriod: 0, connectTimeout: 8000 }
if (ca) options.ca = require('fs').readFileSync(ca)
const client = mqtt.connect(url, options)
const fail = (error) => { console.error(String(error)); process.exit(1) }
client.on('error', fail)
client.on('close', () => fail('closed'))
client.on('connect', () => {
  client.subscribe('js/#', { qos: 2 }, (error) => {
    if (error) fail(error)
    const properties = { contentType: 'text/plain', userProperties: { colour: 'blue' } }
    client.publish('js/a', 'x'.repeat(70000), { qos: 2, properties })
  })
})
client.on('message', (topic, payload, packet) => {
  const said = packet.properties || {}
  console.log(JSON.stringify({ topic, length: payload.length, qos: packet.qos, type: said.contentType || '' }))
  client.removeAllListeners('close')
  client.end(false, () => process.exit(0))
})
