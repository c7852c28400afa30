"""`/pub/parameterdefinitions.xsd`: the schema that `listdefinitions` refers to (core sheet 2.5, 2.7).

The file of real devices is not public; this one says the same of the documents that a device writes. Whatever lies
under `/pub` is open to anyone [guess].
"""

from __future__ import annotations

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

SCHEMA = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns="http://www.axis.com/ParameterDefinitionsSchema"
    targetNamespace="http://www.axis.com/ParameterDefinitionsSchema"
    elementFormDefault="qualified" version="1.0">
  <xs:element name="parameterDefinitions">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="model" type="xs:string"/>
        <xs:element name="firmwareVersion" type="xs:string"/>
        <xs:element name="group" type="Group"/>
      </xs:sequence>
      <xs:attribute name="version" type="xs:string" use="required"/>
    </xs:complexType>
  </xs:element>
  <xs:complexType name="Group">
    <xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element name="parameter" type="Parameter"/>
      <xs:element name="group" type="Group"/>
    </xs:choice>
    <xs:attribute name="name" type="xs:string" use="required"/>
  </xs:complexType>
  <xs:complexType name="Parameter">
    <xs:sequence>
      <xs:element name="type" type="Type"/>
    </xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="value" type="xs:string" use="required"/>
    <xs:attribute name="securityLevel" use="required">
      <xs:simpleType>
        <xs:restriction base="xs:string">
          <xs:pattern value="[0-7]{4}"/>
        </xs:restriction>
      </xs:simpleType>
    </xs:attribute>
    <xs:attribute name="niceName" type="xs:string"/>
  </xs:complexType>
  <xs:complexType name="Type">
    <xs:choice>
      <xs:element name="string" type="Limits"/>
      <xs:element name="int" type="Limits"/>
      <xs:element name="bool">
        <xs:complexType>
          <xs:attribute name="true" type="xs:string"/>
          <xs:attribute name="false" type="xs:string"/>
        </xs:complexType>
      </xs:element>
      <xs:element name="enum">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="entry" minOccurs="0" maxOccurs="unbounded">
              <xs:complexType>
                <xs:attribute name="value" type="xs:string" use="required"/>
                <xs:attribute name="niceValue" type="xs:string"/>
              </xs:complexType>
            </xs:element>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="ip" type="Limits"/>
      <xs:element name="ipList" type="Limits"/>
      <xs:element name="hostname" type="Limits"/>
      <xs:element name="password" type="Limits"/>
    </xs:choice>
    <xs:attribute name="readonly" type="xs:boolean"/>
    <xs:attribute name="writeonly" type="xs:boolean"/>
    <xs:attribute name="const" type="xs:boolean"/>
    <xs:attribute name="hidden" type="xs:boolean"/>
    <xs:attribute name="internal" type="xs:boolean"/>
  </xs:complexType>
  <xs:complexType name="Limits">
    <xs:attribute name="min" type="xs:integer"/>
    <xs:attribute name="max" type="xs:integer"/>
    <xs:attribute name="maxlen" type="xs:nonNegativeInteger"/>
  </xs:complexType>
</xs:schema>
"""


def schema(call: Call) -> Reply:
    """A static file."""
    return Answer(body=SCHEMA.encode(), content_type="text/xml")


ROUTES = (Route(("/pub/parameterdefinitions.xsd",), schema, methods=("GET",), level=Level.ANYONE),)
