"""A phone made of pjsua2 (PyPI: pjsua2-python), in a process of its own: JSON lines in, JSON lines out.

    python pjsua_peer.py '{"transport": "udp", "answer": 200}'
    {"do": "call", "uri": "sip:127.16.0.1:5060"}   ->   {"event": "call", "state": "CONFIRMED", "status": 200}

Nothing of the simulator is imported here.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Any

import pjsua2 as pj

TRANSPORTS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
DIRECTIONS = {0: "inactive", 1: "sendonly", 2: "recvonly", 3: "sendrecv"}


def tell(event: str, **data: Any) -> None:
    print(json.dumps({"event": event, **data}), flush=True)


class Call(pj.Call):
    """Tells what happens; plays a tone when there is media."""

    def __init__(self, phone: Phone, number: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone, number)
        self.phone = phone

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        tell("call", state=info.stateText, status=info.lastStatusCode, reason=info.lastReason)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.call = None

    def onCallMediaState(self, prm: Any) -> None:
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            stream = self.getStreamInfo(index) if media.status != pj.PJSUA_CALL_MEDIA_NONE else None
            tell(
                "media",
                direction=DIRECTIONS.get(media.dir, ""),
                codec=f"{stream.codecName}/{stream.codecClockRate}" if stream else "",
                remote=stream.remoteRtpAddress if stream else "",
            )
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE and self.phone.tone is not None:
                self.phone.tone.startTransmit(self.getAudioMedia(index))

    def onDtmfDigit(self, prm: Any) -> None:
        tell("digit", digit=prm.digit)


class Phone(pj.Account):
    """One account on one transport."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self.options = options
        self.call: Call | None = None
        self.tone: Any = None

    def onIncomingCall(self, prm: Any) -> None:
        self.call = Call(self, prm.callId)
        tell("incoming", remote=self.call.getInfo().remoteUri)
        if self.options.get("answer"):
            self.answer(self.options["answer"])

    def onRegState(self, prm: Any) -> None:
        tell("registration", status=prm.code, reason=prm.reason)

    def answer(self, status: int) -> None:
        parameters = pj.CallOpParam()
        parameters.statusCode = status
        assert self.call is not None
        self.call.answer(parameters)

    def do(self, order: dict[str, Any]) -> bool:
        """Carry out one order; False ends the program."""
        verb = order["do"]
        if verb == "quit":
            return False
        if verb == "call":
            self.call = Call(self)
            self.call.makeCall(order["uri"], pj.CallOpParam(True))
        elif verb == "answer":
            self.answer(order["status"])
        elif verb == "digits":
            parameters = pj.CallSendDtmfParam()
            parameters.digits = order["digits"]
            by_info = order.get("by") == "info"
            parameters.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if by_info else pj.PJSUA_DTMF_METHOD_RFC2833
            self._standing().sendDtmf(parameters)
        elif verb == "hold":
            self._standing().setHold(pj.CallOpParam())
        elif verb == "resume":
            parameters = pj.CallOpParam(True)
            parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
            self._standing().reinvite(parameters)
        elif verb == "hang up":
            self._standing().hangup(pj.CallOpParam())
        elif verb == "statistics":
            flow = self._standing().getStreamStat(0).rtcp
            tell("statistics", received=flow.rxStat.pkt, sent=flow.txStat.pkt, lost=flow.rxStat.loss)
        return True

    def _standing(self) -> Call:
        assert self.call is not None, "there is a call"
        return self.call


def endpoint(options: dict[str, Any]) -> pj.Endpoint:
    made = pj.Endpoint()
    made.libCreate()
    settings = pj.EpConfig()
    settings.logConfig.level = settings.logConfig.consoleLevel = options.get("log", 0)
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.medConfig.noVad = True
    made.libInit(settings)
    made.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port = options.get("port", 0)
    transport.boundAddress = transport.publicAddress = options.get("address", "127.0.0.1")
    if options.get("transport") == "tls":
        transport.tlsConfig.certFile = options["certificate"]
        transport.tlsConfig.privKeyFile = options["key"]
        transport.tlsConfig.CaListFile = options["authority"]
        transport.tlsConfig.verifyServer = options.get("verify", False)
    number = made.transportCreate(TRANSPORTS[options.get("transport", "udp")], transport)
    made.libStart()
    tell("ready", place=made.transportGetInfo(number).localName)
    return made


def account(options: dict[str, Any], transport: str) -> Phone:
    settings = pj.AccountConfig()
    settings.idUri = options.get("identity", "sip:caller@127.0.0.1")
    suffix = "" if transport == "udp" else f";transport={transport}"
    if options.get("registrar"):
        settings.regConfig.registrarUri = options["registrar"] + suffix
        settings.sipConfig.authCreds.append(
            pj.AuthCredInfo("digest", "*", options["user"], 0, options["password"])
        )
    settings.mediaConfig.transportConfig.boundAddress = options.get("address", "127.0.0.1")
    settings.mediaConfig.transportConfig.port = options.get("rtp", 0)
    settings.mediaConfig.srtpUse = options.get("srtp", 0)
    settings.mediaConfig.srtpSecureSignaling = 0
    made = Phone(options)
    made.create(settings)
    return made


def main() -> None:
    options = json.loads(sys.argv[1])
    made = endpoint(options)
    for codec in options.get("codecs", ()):
        made.codecSetPriority(codec, 255)
    phone = account(options, options.get("transport", "udp"))
    if options.get("tone"):
        phone.tone = pj.ToneGenerator()
        phone.tone.createToneGenerator(16000, 1)
        tone = pj.ToneDesc()
        tone.freq1, tone.on_msec, tone.off_msec, tone.volume = options["tone"], 1000, 0, 12000
        tones = pj.ToneDescVector()
        tones.append(tone)
        phone.tone.play(tones, True)
    running = True
    while running:
        made.libHandleEvents(10)
        while running and select.select([sys.stdin], [], [], 0)[0]:
            line = sys.stdin.readline()
            running = bool(line) and phone.do(json.loads(line))
    made.hangupAllCalls()
    made.libDestroy()


if __name__ == "__main__":
    main()
