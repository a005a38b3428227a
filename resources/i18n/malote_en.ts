<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>DirectoryForm</name>
    <message numerus="yes">
        <source>%n company(ies) found</source>
        <translation>
            <numerusform>%n company found</numerusform>
            <numerusform>%n companies found</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>GroupQuestion</name>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n member</numerusform>
            <numerusform>%n members</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MappingDialog</name>
    <message numerus="yes">
        <source>%n row(s) looked at</source>
        <translation>
            <numerusform>%n row looked at</numerusform>
            <numerusform>%n rows looked at</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the first %n row(s) looked at</source>
        <translation>
            <numerusform>only the first %n row looked at</numerusform>
            <numerusform>only the first %n rows looked at</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) can be sent to</source>
        <translation>
            <numerusform>%n company can be sent to</numerusform>
            <numerusform>%n companies can be sent to</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with dots and slashes: they are understood</source>
        <translation>
            <numerusform>%n CNPJ with dots and slashes: it is understood</numerusform>
            <numerusform>%n CNPJs with dots and slashes: they are understood</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with blanks around: they are understood</source>
        <translation>
            <numerusform>%n CNPJ with blanks around: it is understood</numerusform>
            <numerusform>%n CNPJs with blanks around: they are understood</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) in lower case: they are understood</source>
        <translation>
            <numerusform>%n CNPJ in lower case: it is understood</numerusform>
            <numerusform>%n CNPJs in lower case: they are understood</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) kept as a number: the new ones with letters will not fit</source>
        <translation>
            <numerusform>%n CNPJ kept as a number: the new ones with letters will not fit</numerusform>
            <numerusform>%n CNPJs kept as a number: the new ones with letters will not fit</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with wrong check digits</source>
        <translation>
            <numerusform>%n CNPJ with wrong check digits</numerusform>
            <numerusform>%n CNPJs with wrong check digits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) without a CNPJ</source>
        <translation>
            <numerusform>%n row without a CNPJ</numerusform>
            <numerusform>%n rows without a CNPJ</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) whose CNPJ is none</source>
        <translation>
            <numerusform>%n row whose CNPJ is none</numerusform>
            <numerusform>%n rows whose CNPJ is none</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) with more than one group</source>
        <translation>
            <numerusform>%n company with more than one group</numerusform>
            <numerusform>%n companies with more than one group</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) without a group</source>
        <translation>
            <numerusform>%n company without a group</numerusform>
            <numerusform>%n companies without a group</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n group(s) that are no WhatsApp group</source>
        <translation>
            <numerusform>%n group that is no WhatsApp group</numerusform>
            <numerusform>%n groups that are no WhatsApp group</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) without a name</source>
        <translation>
            <numerusform>%n company without a name</numerusform>
            <numerusform>%n companies without a name</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n inactive company(ies)</source>
        <translation>
            <numerusform>%n inactive company</numerusform>
            <numerusform>%n inactive companies</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) neither active nor inactive: they count as active</source>
        <translation>
            <numerusform>%n company neither active nor inactive: it counts as active</numerusform>
            <numerusform>%n companies neither active nor inactive: they count as active</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Presence</name>
    <message numerus="yes">
        <source>%n number(s) need you</source>
        <translation>
            <numerusform>%n number needs you</numerusform>
            <numerusform>%n numbers need you</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n member</numerusform>
            <numerusform>%n members</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Sending %n report(s)…</source>
        <translation>
            <numerusform>Sending %n report…</numerusform>
            <numerusform>Sending %n reports…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ProgramForm</name>
    <message numerus="yes">
        <source>every %n minute(s)</source>
        <translation>
            <numerusform>every %n minute</numerusform>
            <numerusform>every %n minutes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Roster</name>
    <message numerus="yes">
        <source>%n number(s) connected</source>
        <translation>
            <numerusform>%n number connected</numerusform>
            <numerusform>%n numbers connected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SendDetail</name>
    <message numerus="yes">
        <source>%n person(s)</source>
        <translation>
            <numerusform>%n person</numerusform>
            <numerusform>%n people</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SessionCard</name>
    <message numerus="yes">
        <source>%n send(s) in a row without an answer</source>
        <translation>
            <numerusform>%n send in a row without an answer</numerusform>
            <numerusform>%n sends in a row without an answer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message numerus="yes">
        <source>%n report(s) did not go out</source>
        <translation>
            <numerusform>%n report did not go out</numerusform>
            <numerusform>%n reports did not go out</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n report(s) went to groups that nobody confirmed</source>
        <translation>
            <numerusform>%n report went to groups that nobody confirmed</numerusform>
            <numerusform>%n reports went to groups that nobody confirmed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WhatsAppPage</name>
    <message numerus="yes">
        <source>%n message(s) that came in could not be kept</source>
        <translation>
            <numerusform>%n message that came in could not be kept</numerusform>
            <numerusform>%n messages that came in could not be kept</numerusform>
        </translation>
    </message>
</context>
</TS>
