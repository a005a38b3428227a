<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="pt_BR" sourcelanguage="en">
<context>
    <name>ClientDialog</name>
    <message>
        <source>Install Oracle client</source>
        <translation>Instalar cliente Oracle</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Download</translation>
    </message>
    <message>
        <source>&amp;Download from Oracle</source>
        <translation>&amp;Baixar da Oracle</translation>
    </message>
    <message>
        <source>Choose a &amp;zip…</source>
        <translation>Escolher um &amp;zip…</translation>
    </message>
    <message>
        <source>Choose a &amp;folder…</source>
        <translation>Escolher uma &amp;pasta…</translation>
    </message>
    <message>
        <source>Canc&amp;el</source>
        <translation>&amp;Cancelar</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>&amp;Fechar</translation>
    </message>
    <message>
        <source>Looking for a client on this computer…</source>
        <translation>Procurando um cliente neste computador…</translation>
    </message>
    <message>
        <source>Download client 19, which does.</source>
        <translation>Baixe o cliente 19, que conecta.</translation>
    </message>
    <message>
        <source>There is no Oracle client on this computer yet</source>
        <translation>Este computador ainda não tem um cliente Oracle</translation>
    </message>
    <message>
        <source>Client %1 does not connect to Oracle 11g</source>
        <translation>O cliente %1 não conecta em Oracle 11g</translation>
    </message>
    <message>
        <source>Downloading…</source>
        <translation>Baixando…</translation>
    </message>
    <message>
        <source>Is this Oracle&apos;s file?</source>
        <translation>Este é o arquivo da Oracle?</translation>
    </message>
    <message>
        <source>Compare its SHA-256 with the one on Oracle&apos;s site:
%1</source>
        <translation>Compare o SHA-256 dele com o que está no site da Oracle:
%1</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Instalar</translation>
    </message>
    <message>
        <source>Do not install</source>
        <translation>Não instalar</translation>
    </message>
    <message>
        <source>Instant Client (*.zip)</source>
        <translation>Instant Client (*.zip)</translation>
    </message>
    <message>
        <source>Unpacking and trying it…</source>
        <translation>Descompactando e testando…</translation>
    </message>
    <message>
        <source>Trying it…</source>
        <translation>Testando…</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Interrompido</translation>
    </message>
    <message>
        <source>What is here already is kept: the next download goes on from it.</source>
        <translation>O que já foi baixado fica guardado: o próximo download continua dali.</translation>
    </message>
    <message>
        <source>Old databases (Oracle 11g) are only reached through Oracle&apos;s own client program. Malote keeps it in a folder of its own: nothing of the system is changed, and no administrator is needed.</source>
        <translation>Bancos antigos (Oracle 11g) só atendem pelo programa cliente da própria Oracle. O Malote o guarda em uma pasta dele: nada muda no sistema, e não é preciso ser administrador.</translation>
    </message>
    <message>
        <source>For Oracle %1 and newer.</source>
        <translation>Para Oracle %1 em diante.</translation>
    </message>
    <message>
        <source>Oracle client %1 is ready</source>
        <translation>O cliente Oracle %1 está pronto</translation>
    </message>
</context>
<context>
    <name>CompanyChoice</name>
    <message>
        <source>&amp;Use for this company</source>
        <translation>&amp;Usar para esta empresa</translation>
    </message>
    <message>
        <source>&amp;No company in particular</source>
        <translation>&amp;Nenhuma empresa em especial</translation>
    </message>
    <message>
        <source>Canc&amp;el</source>
        <translation>Canc&amp;elar</translation>
    </message>
    <message>
        <source>Whose reports does “%1” carry?</source>
        <translation>De que empresa são os relatórios de “%1”?</translation>
    </message>
    <message>
        <source>No company has this in its name or CNPJ.</source>
        <translation>Nenhuma empresa tem isso no nome ou no CNPJ.</translation>
    </message>
</context>
<context>
    <name>CompanyDetail</name>
    <message>
        <source>&amp;Look again</source>
        <translation>&amp;Atualizar</translation>
    </message>
    <message>
        <source>&amp;Caption</source>
        <translation>&amp;Legenda</translation>
    </message>
    <message>
        <source>&amp;Send to the group</source>
        <translation>En&amp;viar para o grupo</translation>
    </message>
    <message>
        <source>Looking for the report…</source>
        <translation>Procurando o relatório…</translation>
    </message>
    <message>
        <source>Report of %1</source>
        <translation>Relatório de %1</translation>
    </message>
    <message>
        <source>%1 × %2 pixels, %3</source>
        <translation>%1 × %2 pixels, %3</translation>
    </message>
    <message>
        <source>Already sent today at %1</source>
        <translation>Já enviado hoje às %1</translation>
    </message>
    <message>
        <source>Not confirmed today at %1</source>
        <translation>Não confirmado hoje às %1</translation>
    </message>
    <message>
        <source>Send aga&amp;in</source>
        <translation>Enviar de &amp;novo</translation>
    </message>
    <message>
        <source>Is the report missing in the group?</source>
        <translation>O relatório não está no grupo?</translation>
    </message>
    <message>
        <source>The group would get it once more.</source>
        <translation>O grupo vai recebê-lo mais uma vez.</translation>
    </message>
    <message>
        <source>Whether it arrived could not be confirmed. If you see it in the group, do not send it.</source>
        <translation>Não deu para confirmar se ele chegou. Olhe no grupo: se ele estiver lá, não envie.</translation>
    </message>
    <message>
        <source>It is missing: &amp;send</source>
        <translation>Não está: &amp;enviar</translation>
    </message>
    <message>
        <source>&amp;Do not send</source>
        <translation>Nã&amp;o enviar</translation>
    </message>
</context>
<context>
    <name>CompanyPicker</name>
    <message>
        <source>Name or CNPJ</source>
        <translation>Nome ou CNPJ</translation>
    </message>
    <message>
        <source>Find the comp&amp;any</source>
        <translation>&amp;Buscar empresa</translation>
    </message>
    <message>
        <source>Companies found</source>
        <translation>Empresas encontradas</translation>
    </message>
    <message>
        <source>Updated %1</source>
        <translation>Atualizado %1</translation>
    </message>
</context>
<context>
    <name>CopyButton</name>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
</context>
<context>
    <name>DirectoryForm</name>
    <message>
        <source>&amp;Oracle database</source>
        <translation>Banco &amp;Oracle</translation>
    </message>
    <message>
        <source>Save and &amp;test</source>
        <translation>Salvar e &amp;testar</translation>
    </message>
    <message>
        <source>Companies and their groups</source>
        <translation>Empresas e seus grupos</translation>
    </message>
    <message>
        <source>Ser&amp;ver</source>
        <translation>Ser&amp;vidor</translation>
    </message>
    <message>
        <source>Name or address, as in 192.168.0.10</source>
        <translation>Nome ou endereço, como 192.168.0.10</translation>
    </message>
    <message>
        <source>Po&amp;rt</source>
        <translation>&amp;Porta</translation>
    </message>
    <message>
        <source>Usually 1521</source>
        <translation>O normal é 1521</translation>
    </message>
    <message>
        <source>Service &amp;name</source>
        <translation>&amp;Nome do serviço</translation>
    </message>
    <message>
        <source>Fill in the service or the SID</source>
        <translation>Preencha o serviço ou o SID</translation>
    </message>
    <message>
        <source>S&amp;ID</source>
        <translation>S&amp;ID</translation>
    </message>
    <message>
        <source>For older databases, as in xe</source>
        <translation>Para bancos mais antigos, como xe</translation>
    </message>
    <message>
        <source>&amp;User</source>
        <translation>&amp;Usuário</translation>
    </message>
    <message>
        <source>Passwor&amp;d</source>
        <translation>Senh&amp;a</translation>
    </message>
    <message>
        <source>Type the password</source>
        <translation>Digite a senha</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabela</translation>
    </message>
    <message>
        <source>CNPJ column</source>
        <translation>Coluna do CNPJ</translation>
    </message>
    <message>
        <source>Group column</source>
        <translation>Coluna do grupo</translation>
    </message>
    <message>
        <source>Name column</source>
        <translation>Coluna do nome</translation>
    </message>
    <message>
        <source>May stay empty</source>
        <translation>Pode ficar em branco</translation>
    </message>
    <message>
        <source>Address of the database</source>
        <translation>Endereço do banco</translation>
    </message>
    <message>
        <source>File of co&amp;mpanies</source>
        <translation>Arquivo de e&amp;mpresas</translation>
    </message>
    <message>
        <source>With the columns cnpj, nome and grupo; in a SQLite file, in the table empresas</source>
        <translation>Com as colunas cnpj, nome e grupo; em um arquivo SQLite, na tabela empresas</translation>
    </message>
    <message>
        <source>B&amp;rowse…</source>
        <translation>&amp;Procurar…</translation>
    </message>
    <message>
        <source>Kept in the keyring</source>
        <translation>Guardada no cofre do sistema</translation>
    </message>
    <message>
        <source>Choose the file.</source>
        <translation>Escolha o arquivo.</translation>
    </message>
    <message>
        <source>A number from 1 to 65535.</source>
        <translation>Um número de 1 a 65535.</translation>
    </message>
    <message>
        <source>Fill in the service or the SID, one of them.</source>
        <translation>Preencha o serviço ou o SID: só um deles.</translation>
    </message>
    <message>
        <source>Companies (*.csv *.txt *.xlsx *.db *.sqlite *.sqlite3);;All files (*)</source>
        <translation>Empresas (*.csv *.txt *.xlsx *.db *.sqlite *.sqlite3);;Todos os arquivos (*)</translation>
    </message>
    <message>
        <source>Type this user&apos;s password.</source>
        <translation>Digite a senha deste usuário.</translation>
    </message>
    <message>
        <source>&amp;File (CSV, Excel or SQLite)</source>
        <translation>Ar&amp;quivo (CSV, Excel ou SQLite)</translation>
    </message>
    <message>
        <source>Another database (M&amp;ySQL, SQL Server…)</source>
        <translation>Outro banco (M&amp;ySQL, SQL Server…)</translation>
    </message>
    <message>
        <source>Find &amp;companies and groups…</source>
        <translation>Achar empresas e &amp;grupos…</translation>
    </message>
    <message>
        <source>Install Oracle client…</source>
        <translation>Instalar cliente Oracle…</translation>
    </message>
    <message>
        <source>As in mysql+pymysql://server:3306/erp or postgresql+pg8000://server:5432/erp, without the user</source>
        <translation>Como em mysql+pymysql://servidor:3306/erp ou postgresql+pg8000://servidor:5432/erp, sem o usuário</translation>
    </message>
    <message>
        <source>Type the user.</source>
        <translation>Digite o usuário.</translation>
    </message>
    <message>
        <source>This is needed.</source>
        <translation>Este campo é necessário.</translation>
    </message>
    <message>
        <source>Testing…</source>
        <translation>Testando…</translation>
    </message>
    <message>
        <source>Logging in and looking at the companies.</source>
        <translation>Entrando no banco e olhando as empresas.</translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) found</source>
        <translation>
            <numerusform>%n empresa encontrada</numerusform>
            <numerusform>%n empresas encontradas</numerusform>
        </translation>
    </message>
    <message>
        <source>It works</source>
        <translation>Funcionou</translation>
    </message>
    <message>
        <source>It does not work: %1</source>
        <translation>Não funcionou: %1</translation>
    </message>
    <message>
        <source>File of companies</source>
        <translation>Arquivo de empresas</translation>
    </message>
</context>
<context>
    <name>ErpPage</name>
    <message>
        <source>Programs that Malote tells (webhooks)</source>
        <translation>Programas que o Malote avisa (webhooks)</translation>
    </message>
    <message>
        <source>2. Make a key for the program</source>
        <translation>2. Gere uma chave para o programa</translation>
    </message>
    <message>
        <source>Call from the ERP</source>
        <translation>Como chamar do ERP</translation>
    </message>
    <message>
        <source>A button in the ERP calls Malote on this same computer and gets one clear answer.</source>
        <translation>Um botão no ERP chama o Malote neste mesmo computador e recebe uma resposta clara.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Endereço</translation>
    </message>
    <message>
        <source>Copy &amp;address</source>
        <translation>C&amp;opiar endereço</translation>
    </message>
    <message>
        <source>Send %1 and wait for the answer.</source>
        <translation>Envie %1 e espere a resposta.</translation>
    </message>
    <message>
        <source>1. Call this address with POST</source>
        <translation>1. Chame este endereço com POST</translation>
    </message>
    <message>
        <source>On the local network: %1, with a key.</source>
        <translation>Na rede local: %1, com chave.</translation>
    </message>
    <message>
        <source>Copy fingerprint</source>
        <translation>Copiar impressão digital</translation>
    </message>
    <message>
        <source>SHA-256 fingerprint of its certificate:</source>
        <translation>Impressão digital SHA-256 do certificado:</translation>
    </message>
    <message>
        <source>Examples by language</source>
        <translation>Exemplos por linguagem</translation>
    </message>
    <message>
        <source>Example in %1</source>
        <translation>Exemplo em %1</translation>
    </message>
    <message>
        <source>&amp;Copy the example</source>
        <translation>Cop&amp;iar o exemplo</translation>
    </message>
    <message>
        <source>3. Start from an example</source>
        <translation>3. Comece por um exemplo</translation>
    </message>
    <message>
        <source>PUT_THE_KEY_HERE</source>
        <translation>COLE_A_CHAVE_AQUI</translation>
    </message>
</context>
<context>
    <name>GroupLine</name>
    <message>
        <source>Group: %1</source>
        <translation>Grupo: %1</translation>
    </message>
    <message>
        <source>No group is registered yet.</source>
        <translation>Nenhum grupo cadastrado ainda.</translation>
    </message>
    <message>
        <source>Group: %1 · %2</source>
        <translation>Grupo: %1 · %2</translation>
    </message>
    <message>
        <source>Nothing was sent</source>
        <translation>Nada foi enviado</translation>
    </message>
    <message>
        <source>Correct this company&apos;s group where companies are registered. It is %1 now.</source>
        <translation>Corrija o grupo desta empresa no cadastro. Agora está %1.</translation>
    </message>
    <message>
        <source>As&amp;k again</source>
        <translation>Per&amp;guntar de novo</translation>
    </message>
</context>
<context>
    <name>GroupQuestion</name>
    <message>
        <source>Is this the group?</source>
        <translation>É este o grupo?</translation>
    </message>
    <message>
        <source>&amp;Yes, this group</source>
        <translation>&amp;Sim, é este grupo</translation>
    </message>
    <message>
        <source>N&amp;o, another one</source>
        <translation>&amp;Não, é outro</translation>
    </message>
    <message>
        <source>Before: %1</source>
        <translation>Antes: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n participante</numerusform>
            <numerusform>%n participantes</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing of this company has gone out from here yet.</source>
        <translation>É o primeiro envio desta empresa por aqui.</translation>
    </message>
    <message>
        <source>The company is registered with another group than last time.</source>
        <translation>O cadastro da empresa aponta agora para outro grupo.</translation>
    </message>
    <message>
        <source>The group has another name than last time.</source>
        <translation>O nome do grupo mudou desde a última vez.</translation>
    </message>
</context>
<context>
    <name>HistoryModel</name>
    <message>
        <source>When</source>
        <translation>Quando</translation>
    </message>
    <message>
        <source>Company</source>
        <translation>Empresa</translation>
    </message>
    <message>
        <source>CNPJ</source>
        <translation>CNPJ</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Para</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Estado</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>Detalhe</translation>
    </message>
    <message>
        <source>SIMULATION</source>
        <translation>SIMULAÇÃO</translation>
    </message>
</context>
<context>
    <name>HistoryPage</name>
    <message>
        <source>Company or CNPJ</source>
        <translation>Empresa ou CNPJ</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Todos</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Enviados</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Falharam</translation>
    </message>
    <message>
        <source>Not confirmed</source>
        <translation>Não confirmados</translation>
    </message>
    <message>
        <source>On their way</source>
        <translation>Em andamento</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Cancelados</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Histórico</translation>
    </message>
    <message>
        <source>&amp;Find</source>
        <translation>&amp;Buscar</translation>
    </message>
    <message>
        <source>&amp;Show</source>
        <translation>&amp;Mostrar</translation>
    </message>
    <message>
        <source>Sends, newest first</source>
        <translation>Envios, do mais novo ao mais antigo</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Colunas</translation>
    </message>
    <message>
        <source>Nothing here matches this filter.</source>
        <translation>Nada aqui combina com este filtro.</translation>
    </message>
    <message>
        <source>Show &amp;all</source>
        <translation>Mostrar &amp;tudo</translation>
    </message>
    <message>
        <source>Nothing has been sent yet. Every report that goes out will be listed here.</source>
        <translation>Nada foi enviado ainda. Cada relatório que sair aparecerá aqui.</translation>
    </message>
    <message>
        <source>Send a &amp;report</source>
        <translation>Enviar um rela&amp;tório</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>&amp;Tentar de novo</translation>
    </message>
</context>
<context>
    <name>KeepingChoice</name>
    <message>
        <source>&amp;Keep the messages that come in</source>
        <translation>Guardar as mensagens rece&amp;bidas</translation>
    </message>
    <message>
        <source>Only needed by a program that reads the messages through Malote, a service desk for example. Those that come from now on are kept on this computer. Reports go out either way.</source>
        <translation>Só é preciso para um programa que lê as mensagens pelo Malote, como um sistema de atendimento. As que chegarem daqui em diante ficam guardadas neste computador. Os relatórios saem de qualquer jeito.</translation>
    </message>
</context>
<context>
    <name>KeysForm</name>
    <message>
        <source>&amp;Name of the program that calls</source>
        <translation>&amp;Nome do programa que chama</translation>
    </message>
    <message>
        <source>&amp;Make a key</source>
        <translation>&amp;Gerar chave</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>Chave nova</translation>
    </message>
    <message>
        <source>Cop&amp;y the key</source>
        <translation>Co&amp;piar a chave</translation>
    </message>
    <message>
        <source>Copy it now: it is not shown again. Malote keeps only its fingerprint.</source>
        <translation>Copie agora: ela não será mostrada de novo. O Malote guarda só uma impressão digital dela.</translation>
    </message>
    <message>
        <source>There is no key yet: without one, no program gets in.</source>
        <translation>Ainda não há nenhuma chave: sem ela, nenhum programa entra.</translation>
    </message>
    <message>
        <source>last used %1</source>
        <translation>último uso em %1</translation>
    </message>
    <message>
        <source>never used</source>
        <translation>nunca usada</translation>
    </message>
    <message>
        <source>Revoke</source>
        <translation>Revogar</translation>
    </message>
    <message>
        <source>Revoke the key %1</source>
        <translation>Revogar a chave %1</translation>
    </message>
    <message>
        <source>made %1</source>
        <translation>criada em %1</translation>
    </message>
    <message>
        <source>Give it a name, so that you know later which program uses it.</source>
        <translation>Dê um nome, para saber depois qual programa usa a chave.</translation>
    </message>
    <message>
        <source>Revoke the key “%1”?</source>
        <translation>Revogar a chave “%1”?</translation>
    </message>
    <message>
        <source>The program that uses it is refused from now on.</source>
        <translation>O programa que usa esta chave passa a ser recusado.</translation>
    </message>
    <message>
        <source>&amp;Revoke</source>
        <translation>&amp;Revogar</translation>
    </message>
    <message>
        <source>&amp;Keep it</source>
        <translation>&amp;Manter</translation>
    </message>
</context>
<context>
    <name>LinkCard</name>
    <message>
        <source>Phone n&amp;umber of this WhatsApp</source>
        <translation>Número &amp;deste WhatsApp</translation>
    </message>
    <message>
        <source>With area code, as in (11) 99999-9999. For a number from abroad, begin with + and the country code.</source>
        <translation>Com DDD, como em (11) 99999-9999. Para um número de outro país, comece com + e o código do país.</translation>
    </message>
    <message>
        <source>Get the c&amp;ode</source>
        <translation>&amp;Pedir o código</translation>
    </message>
    <message>
        <source>On the phone %1:</source>
        <translation>No celular %1:</translation>
    </message>
    <message>
        <source>Type the number with its area code, as in (11) 99999-9999.</source>
        <translation>Digite o número com o DDD, como em (11) 99999-9999.</translation>
    </message>
    <message>
        <source>Link with phone num&amp;ber</source>
        <translation>Conectar com número de tele&amp;fone</translation>
    </message>
    <message>
        <source>How to scan</source>
        <translation>Como ler o código</translation>
    </message>
    <message>
        <source>Open WhatsApp on the phone that sends the reports.</source>
        <translation>Abra o WhatsApp no celular que vai enviar os relatórios.</translation>
    </message>
    <message>
        <source>Tap the menu ⋮ (Android) or Settings (iPhone), then Linked devices.</source>
        <translation>Toque no menu ⋮ (Android) ou em Configurações (iPhone) e depois em Dispositivos conectados.</translation>
    </message>
    <message>
        <source>Tap Link a device and point the camera at the code.</source>
        <translation>Toque em Conectar dispositivo e aponte a câmera para o código.</translation>
    </message>
    <message>
        <source>The code changes by itself: always scan the one on the screen.</source>
        <translation>O código muda sozinho: leia sempre o que está na tela.</translation>
    </message>
    <message>
        <source>The phone&apos;s camera does not work?</source>
        <translation>A câmera do celular não funciona?</translation>
    </message>
    <message>
        <source>&amp;Back to the QR code</source>
        <translation>&amp;Voltar ao QR code</translation>
    </message>
    <message>
        <source>Link with phone number</source>
        <translation>Conectar com número de telefone</translation>
    </message>
    <message>
        <source>WhatsApp gives a code that you type on the phone, without a camera.</source>
        <translation>O WhatsApp dá um código, que você digita no celular. Não precisa da câmera.</translation>
    </message>
    <message>
        <source>Cancel and use the QR code</source>
        <translation>Cancelar e usar o QR code</translation>
    </message>
    <message>
        <source>How to type the code</source>
        <translation>Como digitar o código</translation>
    </message>
    <message>
        <source>Open WhatsApp on the phone; it may ask for the code by itself.</source>
        <translation>Abra o WhatsApp no celular: ele pode pedir o código sozinho.</translation>
    </message>
    <message>
        <source>If it does not: menu ⋮ (Android) or Settings (iPhone), then Linked devices.</source>
        <translation>Se não pedir, toque no menu ⋮ (Android) ou em Configurações (iPhone) e em Dispositivos conectados.</translation>
    </message>
    <message>
        <source>Tap Link a device, then Link with phone number instead, and type the code.</source>
        <translation>Toque em Conectar dispositivo, depois em Conectar com número de telefone, e digite o código.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>S&amp;end</source>
        <translation>&amp;Enviar</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>&amp;Histórico</translation>
    </message>
    <message>
        <source>&amp;WhatsApp</source>
        <translation>&amp;WhatsApp</translation>
    </message>
    <message>
        <source>Settin&amp;gs</source>
        <translation>&amp;Configurações</translation>
    </message>
    <message>
        <source>Call from the ER&amp;P</source>
        <translation>Como chamar do E&amp;RP</translation>
    </message>
    <message>
        <source>SIMULATION · %1</source>
        <translation>SIMULAÇÃO · %1</translation>
    </message>
    <message>
        <source>SIMULATION</source>
        <translation>SIMULAÇÃO</translation>
    </message>
    <message>
        <source>Nothing goes out by WhatsApp: this is for trying the program out.</source>
        <translation>Nada sai pelo WhatsApp: isto é só para experimentar o programa.</translation>
    </message>
</context>
<context>
    <name>MappingDialog</name>
    <message>
        <source>Mapping</source>
        <translation>Mapeamento</translation>
    </message>
    <message>
        <source>&amp;Table</source>
        <translation>&amp;Tabela</translation>
    </message>
    <message>
        <source>The likeliest ones come first</source>
        <translation>As mais prováveis vêm primeiro</translation>
    </message>
    <message>
        <source>&amp;Use these</source>
        <translation>&amp;Usar estas</translation>
    </message>
    <message>
        <source>Canc&amp;el</source>
        <translation>&amp;Cancelar</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Procurando…</translation>
    </message>
    <message>
        <source>Searching for tables with a CNPJ and a group.</source>
        <translation>Procurando tabelas com CNPJ e grupo.</translation>
    </message>
    <message>
        <source>&amp;CNPJ column</source>
        <translation>Coluna do CN&amp;PJ</translation>
    </message>
    <message>
        <source>&amp;Group column</source>
        <translation>Coluna do &amp;grupo</translation>
    </message>
    <message>
        <source>&amp;Name column</source>
        <translation>Coluna do &amp;nome</translation>
    </message>
    <message>
        <source>Column that tells which are &amp;active</source>
        <translation>Coluna que diz se está &amp;ativa</translation>
    </message>
    <message>
        <source>May stay empty</source>
        <translation>Pode ficar vazia</translation>
    </message>
    <message>
        <source>The first rows</source>
        <translation>As primeiras linhas</translation>
    </message>
    <message>
        <source>CNPJ</source>
        <translation>CNPJ</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Grupo</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nome</translation>
    </message>
    <message>
        <source>Active</source>
        <translation>Ativo</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Colunas</translation>
    </message>
    <message>
        <source>No table looks like the companies</source>
        <translation>Nenhuma tabela parece a das empresas</translation>
    </message>
    <message>
        <source>Choose the table and its columns, or ask whoever looks after the database.</source>
        <translation>Escolha a tabela e as colunas, ou pergunte ao responsável pelo banco.</translation>
    </message>
    <message>
        <source>Choose the column of the CNPJ and the one of the group</source>
        <translation>Escolha a coluna do CNPJ e a do grupo</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>Lendo…</translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) looked at</source>
        <translation>
            <numerusform>%n linha examinada</numerusform>
            <numerusform>%n linhas examinadas</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the first %n row(s) looked at</source>
        <translation>
            <numerusform>só a primeira examinada (%n linha)</numerusform>
            <numerusform>só as primeiras %n linhas examinadas</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) can be sent to</source>
        <translation>
            <numerusform>%n empresa pode receber</numerusform>
            <numerusform>%n empresas podem receber</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with dots and slashes: they are understood</source>
        <translation>
            <numerusform>%n CNPJ com pontos e barra: é entendido</numerusform>
            <numerusform>%n CNPJs com pontos e barra: são entendidos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with blanks around: they are understood</source>
        <translation>
            <numerusform>%n CNPJ com espaços em volta: é entendido</numerusform>
            <numerusform>%n CNPJs com espaços em volta: são entendidos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) in lower case: they are understood</source>
        <translation>
            <numerusform>%n CNPJ em minúsculas: é entendido</numerusform>
            <numerusform>%n CNPJs em minúsculas: são entendidos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) kept as a number: the new ones with letters will not fit</source>
        <translation>
            <numerusform>%n CNPJ guardado como número: os novos, com letras, não vão caber</numerusform>
            <numerusform>%n CNPJs guardados como número: os novos, com letras, não vão caber</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n CNPJ(s) with wrong check digits</source>
        <translation>
            <numerusform>%n CNPJ com dígito verificador errado</numerusform>
            <numerusform>%n CNPJs com dígito verificador errado</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) without a CNPJ</source>
        <translation>
            <numerusform>%n linha sem CNPJ</numerusform>
            <numerusform>%n linhas sem CNPJ</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) whose CNPJ is none</source>
        <translation>
            <numerusform>%n linha com um CNPJ que não é CNPJ</numerusform>
            <numerusform>%n linhas com um CNPJ que não é CNPJ</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) with more than one group</source>
        <translation>
            <numerusform>%n empresa com mais de um grupo</numerusform>
            <numerusform>%n empresas com mais de um grupo</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) without a group</source>
        <translation>
            <numerusform>%n empresa sem grupo</numerusform>
            <numerusform>%n empresas sem grupo</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n group(s) that are no WhatsApp group</source>
        <translation>
            <numerusform>%n grupo que não é um grupo do WhatsApp</numerusform>
            <numerusform>%n grupos que não são grupos do WhatsApp</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) without a name</source>
        <translation>
            <numerusform>%n empresa sem nome</numerusform>
            <numerusform>%n empresas sem nome</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n inactive company(ies)</source>
        <translation>
            <numerusform>%n empresa inativa</numerusform>
            <numerusform>%n empresas inativas</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n company(ies) neither active nor inactive: they count as active</source>
        <translation>
            <numerusform>%n empresa nem ativa nem inativa: conta como ativa</numerusform>
            <numerusform>%n empresas nem ativas nem inativas: contam como ativas</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
</context>
<context>
    <name>PairingView</name>
    <message>
        <source>Cop&amp;y the code</source>
        <translation>Cop&amp;iar o código</translation>
    </message>
    <message>
        <source>Time left for this code</source>
        <translation>Tempo que resta para este código</translation>
    </message>
    <message>
        <source>No code at the moment</source>
        <translation>Nenhum código no momento</translation>
    </message>
    <message>
        <source>Waiting for a new code…</source>
        <translation>Esperando um código novo…</translation>
    </message>
    <message>
        <source>This code holds for another %1 min</source>
        <translation>Este código vale por mais %1 min</translation>
    </message>
</context>
<context>
    <name>Presence</name>
    <message>
        <source>Ending…</source>
        <translation>Encerrando…</translation>
    </message>
    <message>
        <source>Malote stays open</source>
        <translation>O Malote continua aberto</translation>
    </message>
    <message>
        <source>It goes on sending. Its icon is near the clock; to end it, choose Quit in its menu.</source>
        <translation>Ele segue enviando. O ícone fica perto do relógio; para encerrar, escolha Sair no menu dele.</translation>
    </message>
    <message>
        <source>Quit Malote?</source>
        <translation>Sair do Malote?</translation>
    </message>
    <message>
        <source>While Malote is closed, neither you nor the ERP can send reports.</source>
        <translation>Com o Malote fechado, nem você nem o ERP conseguem enviar relatórios.</translation>
    </message>
    <message>
        <source>A report is being sent. Quit all the same?</source>
        <translation>Um relatório está sendo enviado. Sair mesmo assim?</translation>
    </message>
    <message>
        <source>It may then be unknown whether it arrived.</source>
        <translation>Pode ficar sem confirmação se ele chegou.</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Sair</translation>
    </message>
    <message>
        <source>&amp;Stay</source>
        <translation>&amp;Ficar</translation>
    </message>
    <message numerus="yes">
        <source>%n number(s) need you</source>
        <translation>
            <numerusform>%n número precisa de você</numerusform>
            <numerusform>%n números precisam de você</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n member(s)</source>
        <translation>
            <numerusform>%n participante</numerusform>
            <numerusform>%n participantes</numerusform>
        </translation>
    </message>
    <message>
        <source>It went to “%1” (%2), which nobody has confirmed.</source>
        <translation>O relatório foi para “%1” (%2), grupo que ninguém confirmou.</translation>
    </message>
    <message>
        <source>A program could not be told</source>
        <translation>Um programa não pôde ser avisado</translation>
    </message>
    <message>
        <source>The webhook of “%1” does not take its news. Click to see why.</source>
        <translation>O webhook de “%1” não recebe as notícias dele. Clique para ver por quê.</translation>
    </message>
    <message>
        <source>Messages that come in are not kept</source>
        <translation>Mensagens recebidas não estão sendo guardadas</translation>
    </message>
    <message>
        <source>Programs that read messages through Malote will not find them. Click to see what to do.</source>
        <translation>Os programas que leem mensagens pelo Malote não vão encontrá-las. Clique para ver o que fazer.</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message numerus="yes">
        <source>Sending %n report(s)…</source>
        <translation>
            <numerusform>Enviando %n relatório…</numerusform>
            <numerusform>Enviando %n relatórios…</numerusform>
        </translation>
    </message>
    <message>
        <source>SIMULATION · %1</source>
        <translation>SIMULAÇÃO · %1</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>e mais %n</numerusform>
            <numerusform>e mais %n</numerusform>
        </translation>
    </message>
    <message>
        <source>The database was damaged, so Malote began a new one.</source>
        <translation>O banco de dados do Malote estava danificado, por isso um novo foi criado.</translation>
    </message>
    <message>
        <source>The old one was kept, nothing was deleted: %1. Show it to support.</source>
        <translation>O antigo foi guardado, nada foi apagado: %1. Mostre-o ao suporte.</translation>
    </message>
</context>
<context>
    <name>ProgramForm</name>
    <message>
        <source>Do not send until somebody confirms it (recommended)</source>
        <translation>Não enviar até alguém confirmar (recomendado)</translation>
    </message>
    <message>
        <source>Send, and tell me</source>
        <translation>Enviar e me avisar</translation>
    </message>
    <message>
        <source>Send without asking</source>
        <translation>Enviar sem perguntar</translation>
    </message>
    <message>
        <source>Keeps a report from going to the wrong group by a mistake where companies are registered.</source>
        <translation>Evita que um relatório vá para o grupo errado por um engano no cadastro.</translation>
    </message>
    <message>
        <source>Finds out early when WhatsApp takes nothing any more. The message is seen in one&apos;s own chat.</source>
        <translation>Descobre cedo quando o WhatsApp não aceita mais nada. A mensagem aparece na conversa consigo mesmo.</translation>
    </message>
    <message>
        <source>When a group is new or has changed</source>
        <translation>Quando o grupo é novo ou mudou</translation>
    </message>
    <message>
        <source>Check the connection with a message to one&apos;s own number</source>
        <translation>Conferir a conexão com uma mensagem para o próprio número</translation>
    </message>
    <message>
        <source>Takes effect when Malote is opened again.</source>
        <translation>Vale a partir da próxima vez que o Malote for aberto.</translation>
    </message>
    <message>
        <source>Language / Idioma</source>
        <translation>Idioma / Language</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programa</translation>
    </message>
    <message numerus="yes">
        <source>every %n minute(s)</source>
        <translation>
            <numerusform>a cada %n minuto</numerusform>
            <numerusform>a cada %n minutos</numerusform>
        </translation>
    </message>
    <message>
        <source>No</source>
        <translation>Não</translation>
    </message>
</context>
<context>
    <name>QrView</name>
    <message>
        <source>Time left for this code</source>
        <translation>Tempo que resta para este código</translation>
    </message>
    <message>
        <source>QR code to scan with WhatsApp on the phone</source>
        <translation>QR code para ler com o WhatsApp do celular</translation>
    </message>
    <message>
        <source>No code at the moment</source>
        <translation>Nenhum código no momento</translation>
    </message>
    <message>
        <source>Waiting for a new code…</source>
        <translation>Esperando um código novo…</translation>
    </message>
    <message>
        <source>This code changes in %1 s</source>
        <translation>Este código muda em %1 s</translation>
    </message>
</context>
<context>
    <name>ReportForm</name>
    <message>
        <source>Where the report &amp;lies</source>
        <translation>Onde fica o re&amp;latório</translation>
    </message>
    <message>
        <source>A path or an address, with {cnpj} where the company&apos;s CNPJ goes</source>
        <translation>Um caminho ou endereço, com {cnpj} no lugar do CNPJ da empresa</translation>
    </message>
    <message>
        <source>Caption &amp;below the picture</source>
        <translation>Legenda a&amp;baixo da imagem</translation>
    </message>
    <message>
        <source>Try it with this CNP&amp;J</source>
        <translation>Experimente com este CNP&amp;J</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Relatório</translation>
    </message>
    <message>
        <source>{empresa}, {cnpj} and {data} are filled in.</source>
        <translation>{empresa}, {cnpj} e {data} são preenchidos na hora do envio.</translation>
    </message>
    <message>
        <source>Example Ltd</source>
        <translation>Empresa Exemplo Ltda</translation>
    </message>
    <message>
        <source>Example: %1</source>
        <translation>Exemplo: %1</translation>
    </message>
    <message>
        <source>%1 means nothing here; use {empresa}, {cnpj} or {data}.</source>
        <translation>%1 não quer dizer nada aqui; use {empresa}, {cnpj} ou {data}.</translation>
    </message>
    <message>
        <source>The report is fetched from this address</source>
        <translation>O relatório é buscado neste endereço</translation>
    </message>
    <message>
        <source>The report is there</source>
        <translation>O relatório está lá</translation>
    </message>
    <message>
        <source>The folder exists, but there is no report in it yet</source>
        <translation>A pasta existe, mas ainda não há relatório nela</translation>
    </message>
    <message>
        <source>This folder does not exist</source>
        <translation>Esta pasta não existe</translation>
    </message>
    <message>
        <source>The folder did not answer in time</source>
        <translation>A pasta não respondeu a tempo</translation>
    </message>
</context>
<context>
    <name>ReportPreview</name>
    <message>
        <source>Preview of the report</source>
        <translation>Prévia do relatório</translation>
    </message>
</context>
<context>
    <name>RightsForm</name>
    <message>
        <source>May sen&amp;d</source>
        <translation>Po&amp;de enviar</translation>
    </message>
    <message>
        <source>May &amp;read</source>
        <translation>Pode &amp;ler</translation>
    </message>
    <message>
        <source>May admin&amp;ister</source>
        <translation>Pode ad&amp;ministrar</translation>
    </message>
    <message>
        <source>All companies</source>
        <translation>Todas as empresas</translation>
    </message>
    <message>
        <source>For these c&amp;ompanies only (CNPJ, with commas between)</source>
        <translation>Só para estas empresas (CNP&amp;J, separados por vírgula)</translation>
    </message>
    <message>
        <source>For these numbers only</source>
        <translation>Só por estes números</translation>
    </message>
    <message>
        <source>None marked: all numbers.</source>
        <translation>Nenhum marcado: todos os números.</translation>
    </message>
    <message>
        <source>Read: sends, groups and messages. Administer: numbers, keys and settings, and to send and read as well.</source>
        <translation>Ler: envios, grupos e mensagens. Administrar: números, chaves e configurações, e também enviar e ler.</translation>
    </message>
    <message>
        <source>What the program may do</source>
        <translation>O que o programa pode fazer</translation>
    </message>
    <message>
        <source>Choose at least one.</source>
        <translation>Marque pelo menos um.</translation>
    </message>
</context>
<context>
    <name>Roster</name>
    <message numerus="yes">
        <source>%n number(s) connected</source>
        <translation>
            <numerusform>%n número conectado</numerusform>
            <numerusform>%n números conectados</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>SendDetail</name>
    <message>
        <source>Details of the send</source>
        <translation>Detalhes do envio</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Etapas</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detalhes</translation>
    </message>
    <message>
        <source>%1 · SIMULATION</source>
        <translation>%1 · SIMULAÇÃO</translation>
    </message>
    <message>
        <source>The same report was already on its way or had arrived.</source>
        <translation>O mesmo relatório já estava a caminho ou já tinha chegado.</translation>
    </message>
    <message>
        <source>This report had already been sent today.</source>
        <translation>Este relatório já tinha sido enviado hoje.</translation>
    </message>
    <message>
        <source>WhatsApp took it, but no phone has said that it has it. Look in the chat on the phone.</source>
        <translation>O WhatsApp recebeu o envio, mas nenhum celular disse que ele chegou. Confira na conversa, no celular.</translation>
    </message>
    <message>
        <source>Delivery not confirmed</source>
        <translation>Entrega não confirmada</translation>
    </message>
    <message numerus="yes">
        <source>%n person(s)</source>
        <translation>
            <numerusform>%n pessoa</numerusform>
            <numerusform>%n pessoas</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Falhou</translation>
    </message>
    <message>
        <source>Not confirmed</source>
        <translation>Não confirmado</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Cancelado</translation>
    </message>
    <message>
        <source>Not sent in time</source>
        <translation>Não saiu a tempo</translation>
    </message>
    <message>
        <source>Asked for</source>
        <translation>Pedido</translation>
    </message>
    <message>
        <source>Next try</source>
        <translation>Próxima tentativa</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Início do envio</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Enviado</translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation>Entregue</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Lido</translation>
    </message>
    <message>
        <source>ERP</source>
        <translation>ERP</translation>
    </message>
    <message>
        <source>This window</source>
        <translation>Esta janela</translation>
    </message>
    <message>
        <source>Command line</source>
        <translation>Linha de comando</translation>
    </message>
    <message>
        <source>Another program</source>
        <translation>Outro programa</translation>
    </message>
    <message>
        <source>CNPJ</source>
        <translation>CNPJ</translation>
    </message>
    <message>
        <source>Asked by</source>
        <translation>Pedido por</translation>
    </message>
    <message>
        <source>Sent by the number</source>
        <translation>Enviado pelo número</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Para</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>Legenda</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Texto</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Arquivo</translation>
    </message>
    <message>
        <source>Tries</source>
        <translation>Tentativas</translation>
    </message>
    <message>
        <source>Message number</source>
        <translation>Nº da mensagem</translation>
    </message>
</context>
<context>
    <name>SendOutcome</name>
    <message>
        <source>Sending…</source>
        <translation>Enviando…</translation>
    </message>
    <message>
        <source>Waiting for WhatsApp to confirm.</source>
        <translation>Esperando a confirmação do WhatsApp.</translation>
    </message>
    <message>
        <source>In the queue…</source>
        <translation>Na fila…</translation>
    </message>
    <message>
        <source>It goes out in a few seconds.</source>
        <translation>Sai em alguns segundos.</translation>
    </message>
    <message>
        <source>This report had already been sent today at %1.</source>
        <translation>Este relatório já tinha sido enviado hoje às %1.</translation>
    </message>
    <message>
        <source>Nothing was sent now.</source>
        <translation>Nada foi enviado agora.</translation>
    </message>
    <message>
        <source>Delivered at %1</source>
        <translation>Entregue às %1</translation>
    </message>
    <message>
        <source>Read at %1</source>
        <translation>Lido às %1</translation>
    </message>
    <message>
        <source>Sent at %1</source>
        <translation>Enviado às %1</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Enviado</translation>
    </message>
    <message>
        <source>SIMULATION: %1</source>
        <translation>SIMULAÇÃO: %1</translation>
    </message>
    <message>
        <source>Confirmed by WhatsApp.</source>
        <translation>Confirmado pelo WhatsApp.</translation>
    </message>
</context>
<context>
    <name>SendPage</name>
    <message>
        <source>Choose a company on the left to see today&apos;s report.</source>
        <translation>Escolha uma empresa à esquerda para ver o relatório de hoje.</translation>
    </message>
    <message>
        <source>Send a report</source>
        <translation>Enviar relatório</translation>
    </message>
    <message>
        <source>The first %1. Type more to narrow the search.</source>
        <translation>As primeiras %1. Digite mais para encontrar outras.</translation>
    </message>
    <message>
        <source>The directory has no companies yet.</source>
        <translation>O cadastro ainda não tem empresas.</translation>
    </message>
    <message>
        <source>No company has this in its name or CNPJ.</source>
        <translation>Nenhuma empresa tem isso no nome ou no CNPJ.</translation>
    </message>
    <message>
        <source>Once the companies are listed on the left, choose one to see today&apos;s report.</source>
        <translation>Quando as empresas aparecerem à esquerda, escolha uma para ver o relatório de hoje.</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>&amp;Tentar de novo</translation>
    </message>
    <message>
        <source>&amp;Open settings</source>
        <translation>Abrir con&amp;figurações</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Ope&amp;n WhatsApp</source>
        <translation>Abr&amp;ir o WhatsApp</translation>
    </message>
</context>
<context>
    <name>SessionActions</name>
    <message>
        <source>Link another phone?</source>
        <translation>Vincular outro celular?</translation>
    </message>
    <message>
        <source>The number %1 is unlinked first. Reports stop going out until the other phone is linked.</source>
        <translation>O número %1 será desvinculado antes. Os relatórios deixam de sair até que o outro celular seja vinculado.</translation>
    </message>
    <message>
        <source>&amp;Link another one</source>
        <translation>&amp;Vincular outro</translation>
    </message>
    <message>
        <source>&amp;Keep linked</source>
        <translation>&amp;Manter vinculado</translation>
    </message>
    <message>
        <source>Unlink the phone?</source>
        <translation>Desvincular o celular?</translation>
    </message>
    <message>
        <source>Unlink %1?</source>
        <translation>Desvincular %1?</translation>
    </message>
    <message>
        <source>Reports stop going out until a phone scans a new code. The history is kept.</source>
        <translation>Os relatórios deixam de sair até que um celular leia um código novo. O histórico é mantido.</translation>
    </message>
    <message>
        <source>&amp;Unlink</source>
        <translation>&amp;Desvincular</translation>
    </message>
    <message>
        <source>Add another number</source>
        <translation>Adicionar outro número</translation>
    </message>
    <message>
        <source>&amp;Name for this number</source>
        <translation>&amp;Nome para este número</translation>
    </message>
    <message>
        <source>As you will know it by, for example: Sales, Downtown branch.</source>
        <translation>Para você reconhecer, por exemplo: Vendas, Filial Centro.</translation>
    </message>
    <message>
        <source>&amp;Add</source>
        <translation>&amp;Adicionar</translation>
    </message>
    <message>
        <source>Rename “%1”</source>
        <translation>Mudar o nome de “%1”</translation>
    </message>
    <message>
        <source>Programs that name it in their calls need the new name, too.</source>
        <translation>Programas que chamam este número pelo nome precisam do nome novo.</translation>
    </message>
    <message>
        <source>&amp;Rename</source>
        <translation>&amp;Mudar o nome</translation>
    </message>
    <message>
        <source>Remove “%1”?</source>
        <translation>Remover “%1”?</translation>
    </message>
    <message>
        <source>The phone is unlinked and the messages kept of this number are deleted. What waits in its queue is not sent. The history of sends stays.</source>
        <translation>O celular será desvinculado e as mensagens guardadas deste número serão apagadas. O que está na fila dele não será enviado. O histórico de envios fica.</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>&amp;Remover</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>&amp;Manter</translation>
    </message>
    <message>
        <source>Unlink everything and start afresh?</source>
        <translation>Desvincular tudo e recomeçar?</translation>
    </message>
    <message>
        <source>Every phone is unlinked, and each has to be linked again before anything goes out. Names and history stay.</source>
        <translation>Todos os celulares serão desvinculados, e cada um terá de ser vinculado de novo para que os relatórios saiam. Os nomes e o histórico ficam.</translation>
    </message>
    <message>
        <source>Unlink a&amp;ll</source>
        <translation>&amp;Desvincular tudo</translation>
    </message>
</context>
<context>
    <name>SessionCard</name>
    <message>
        <source>Default</source>
        <translation>Padrão</translation>
    </message>
    <message>
        <source>Number linked now</source>
        <translation>Número vinculado agora</translation>
    </message>
    <message>
        <source>More option&amp;s</source>
        <translation>Mais opçõe&amp;s</translation>
    </message>
    <message>
        <source>What the engine said:</source>
        <translation>O que o motor informou:</translation>
    </message>
    <message>
        <source>Only for the reports of %1</source>
        <translation>Só para os relatórios de %1</translation>
    </message>
    <message>
        <source>For the reports of every company without a number of its own</source>
        <translation>Para os relatórios de todas as empresas sem número próprio</translation>
    </message>
    <message>
        <source>Only for what is sent by it on purpose</source>
        <translation>Só para o que for enviado por ele de propósito</translation>
    </message>
    <message>
        <source>Number linked before</source>
        <translation>Número vinculado antes</translation>
    </message>
    <message>
        <source>Linked number</source>
        <translation>Número vinculado</translation>
    </message>
    <message>
        <source>Connected since %1</source>
        <translation>Conectado desde %1</translation>
    </message>
    <message numerus="yes">
        <source>%n send(s) in a row without an answer</source>
        <translation>
            <numerusform>%n envio seguido sem confirmação</numerusform>
            <numerusform>%n envios seguidos sem confirmação</numerusform>
        </translation>
    </message>
    <message>
        <source>Unlink the phone…</source>
        <translation>Desvincular o celular…</translation>
    </message>
    <message>
        <source>Use the QR code</source>
        <translation>Usar o QR code</translation>
    </message>
    <message>
        <source>Link with phone number</source>
        <translation>Conectar com número de telefone</translation>
    </message>
    <message>
        <source>Connect &amp;again</source>
        <translation>Conectar de &amp;novo</translation>
    </message>
    <message>
        <source>&amp;Stop for now</source>
        <translation>&amp;Parar por enquanto</translation>
    </message>
    <message>
        <source>&amp;Link another phone…</source>
        <translation>&amp;Vincular outro celular…</translation>
    </message>
    <message>
        <source>&amp;Unlink the phone…</source>
        <translation>&amp;Desvincular o celular…</translation>
    </message>
    <message>
        <source>&amp;Rename…</source>
        <translation>&amp;Mudar o nome…</translation>
    </message>
    <message>
        <source>Make it the &amp;default</source>
        <translation>&amp;Tornar padrão</translation>
    </message>
    <message>
        <source>For one &amp;company only…</source>
        <translation>Só para uma &amp;empresa…</translation>
    </message>
    <message>
        <source>Re&amp;move this number…</source>
        <translation>&amp;Remover este número…</translation>
    </message>
    <message>
        <source>Unlink everything and start a&amp;fresh…</source>
        <translation>Desvincular tudo e re&amp;começar…</translation>
    </message>
</context>
<context>
    <name>SessionChoice</name>
    <message>
        <source>Send &amp;by</source>
        <translation>Enviar &amp;pelo número</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
</context>
<context>
    <name>SessionList</name>
    <message>
        <source>WhatsApp numbers</source>
        <translation>Números de WhatsApp</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Salvar</translation>
    </message>
    <message>
        <source>Disc&amp;ard</source>
        <translation>&amp;Descartar</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Configurações</translation>
    </message>
    <message>
        <source>Nothing was saved</source>
        <translation>Nada foi salvo</translation>
    </message>
    <message>
        <source>Correct the fields that are marked in red.</source>
        <translation>Corrija os campos marcados em vermelho.</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>Salvo</translation>
    </message>
</context>
<context>
    <name>TextQuestion</name>
    <message>
        <source>Canc&amp;el</source>
        <translation>Canc&amp;elar</translation>
    </message>
</context>
<context>
    <name>TlsForm</name>
    <message>
        <source>Encrypted connection (TLS, also called TCPS)</source>
        <translation>Conexão criptografada (TLS, também chamada de TCPS)</translation>
    </message>
    <message>
        <source>The certificate has to be made out to this server</source>
        <translation>Conferir se o certificado é mesmo deste servidor</translation>
    </message>
    <message>
        <source>Folder of the wallet</source>
        <translation>Pasta da carteira (wallet)</translation>
    </message>
    <message>
        <source>The one with ewallet.pem. Empty: what this computer trusts is trusted.</source>
        <translation>A que tem o arquivo ewallet.pem. Vazia: vale o que este computador já reconhece.</translation>
    </message>
    <message>
        <source>Choose folder…</source>
        <translation>Escolher pasta…</translation>
    </message>
    <message>
        <source>Password of the wallet</source>
        <translation>Senha da carteira</translation>
    </message>
    <message>
        <source>Only where the database asks for it; the port is then usually 2484.</source>
        <translation>Só se o banco exigir; a porta costuma ser 2484.</translation>
    </message>
    <message>
        <source>Kept in the keyring</source>
        <translation>Guardada no cofre do sistema</translation>
    </message>
    <message>
        <source>Only if it has one</source>
        <translation>Só se ela tiver uma</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>&amp;Open Malote</source>
        <translation>&amp;Abrir o Malote</translation>
    </message>
    <message>
        <source>&amp;Send…</source>
        <translation>&amp;Enviar…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Sair</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Iniciando…</translation>
    </message>
    <message>
        <source>Malote: %1</source>
        <translation>Malote: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n report(s) did not go out</source>
        <translation>
            <numerusform>%n relatório não saiu</numerusform>
            <numerusform>%n relatórios não saíram</numerusform>
        </translation>
    </message>
    <message>
        <source>Click to see which ones and why.</source>
        <translation>Clique para ver quais e por quê.</translation>
    </message>
    <message numerus="yes">
        <source>%n report(s) went to groups that nobody confirmed</source>
        <translation>
            <numerusform>%n relatório foi para um grupo que ninguém confirmou</numerusform>
            <numerusform>%n relatórios foram para grupos que ninguém confirmou</numerusform>
        </translation>
    </message>
    <message>
        <source>Click to see which ones.</source>
        <translation>Clique para ver quais.</translation>
    </message>
</context>
<context>
    <name>WebhookSecret</name>
    <message>
        <source>Every call is signed. The program that receives it checks the signature with a secret.</source>
        <translation>Cada aviso é assinado. O programa que o recebe confere a assinatura com um segredo.</translation>
    </message>
    <message>
        <source>Show the secret</source>
        <translation>Mostrar o segredo</translation>
    </message>
    <message>
        <source>Renew the secret</source>
        <translation>Renovar o segredo</translation>
    </message>
    <message>
        <source>Secret of the webhooks</source>
        <translation>Segredo dos avisos</translation>
    </message>
    <message>
        <source>Copy the secret</source>
        <translation>Copiar o segredo</translation>
    </message>
    <message>
        <source>Copy it now: it is not shown again. It stays in the system&apos;s keyring.</source>
        <translation>Copie agora: ele não é mostrado de novo. Fica no cofre do sistema.</translation>
    </message>
    <message>
        <source>Renew the secret of the webhooks?</source>
        <translation>Renovar o segredo dos avisos?</translation>
    </message>
    <message>
        <source>Each program that is called needs the new one. For a day the old one signs as well, in a header of its own.</source>
        <translation>Cada programa avisado precisa do novo. Por um dia o de antes também assina, em um cabeçalho à parte.</translation>
    </message>
    <message>
        <source>&amp;Renew</source>
        <translation>&amp;Renovar</translation>
    </message>
    <message>
        <source>&amp;Keep it</source>
        <translation>&amp;Manter</translation>
    </message>
</context>
<context>
    <name>WebhooksList</name>
    <message>
        <source>Could not be told</source>
        <translation>Não puderam ser avisados</translation>
    </message>
    <message>
        <source>no address yet</source>
        <translation>ainda sem endereço</translation>
    </message>
    <message>
        <source>Tell again</source>
        <translation>Voltar a avisar</translation>
    </message>
    <message>
        <source>Tell the program of %1 again</source>
        <translation>Voltar a avisar o programa de %1</translation>
    </message>
    <message>
        <source>is told</source>
        <translation>avisado</translation>
    </message>
    <message>
        <source>stopped: it said that it is gone</source>
        <translation>parado: o endereço disse que não existe mais</translation>
    </message>
    <message>
        <source>waits for its address</source>
        <translation>espera o endereço, nas configurações</translation>
    </message>
    <message>
        <source>%1 of %2: %3</source>
        <translation>%1 de %2: %3</translation>
    </message>
    <message>
        <source>Resend</source>
        <translation>Reenviar</translation>
    </message>
    <message>
        <source>Resend %1 of %2</source>
        <translation>Reenviar %1 de %2</translation>
    </message>
</context>
<context>
    <name>WhatsAppPage</name>
    <message>
        <source>Add another number</source>
        <translation>Adicionar outro número</translation>
    </message>
    <message>
        <source>There is no WhatsApp number here yet.</source>
        <translation>Ainda não há nenhum número de WhatsApp aqui.</translation>
    </message>
    <message>
        <source>WhatsApp</source>
        <translation>WhatsApp</translation>
    </message>
    <message numerus="yes">
        <source>%n message(s) that came in could not be kept</source>
        <translation>
            <numerusform>%n mensagem recebida não pôde ser guardada</numerusform>
            <numerusform>%n mensagens recebidas não puderam ser guardadas</numerusform>
        </translation>
    </message>
    <message>
        <source>Programs that read messages through Malote will not find them; on the phone they are. Look whether the disk of this computer is full. Reports go out all the same.</source>
        <translation>Os programas que leem mensagens pelo Malote não vão encontrá-las; no celular elas estão. Veja se o disco deste computador está cheio. O envio de relatórios continua normal.</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>&amp;Close</source>
        <translation>&amp;Fechar</translation>
    </message>
    <message>
        <source>Copy &amp;details</source>
        <translation>&amp;Copiar detalhes</translation>
    </message>
    <message>
        <source>language code</source>
        <translation>pt_BR</translation>
    </message>
    <message>
        <source>&amp;Connect</source>
        <translation>C&amp;onectar</translation>
    </message>
    <message>
        <source>Try &amp;again</source>
        <translation>&amp;Tentar de novo</translation>
    </message>
    <message>
        <source>&amp;New QR code</source>
        <translation>&amp;Gerar novo QR code</translation>
    </message>
    <message>
        <source>&amp;Connect again</source>
        <translation>Conectar de &amp;novo</translation>
    </message>
    <message>
        <source>Ask for a &amp;new code</source>
        <translation>Pedir &amp;novo código</translation>
    </message>
    <message>
        <source>&amp;Use this number</source>
        <translation>&amp;Usar este número</translation>
    </message>
    <message>
        <source>Already sent</source>
        <translation>Já enviado</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Na fila</translation>
    </message>
    <message>
        <source>Sending</source>
        <translation>Enviando</translation>
    </message>
    <message>
        <source>Delivery not confirmed: no phone has said that it has it.</source>
        <translation>Entrega não confirmada: nenhum celular disse que recebeu.</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Enviado</translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation>Entregue</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Lido</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Falhou</translation>
    </message>
    <message>
        <source>Not confirmed</source>
        <translation>Não confirmado</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Cancelado</translation>
    </message>
    <message>
        <source>Not sent in time</source>
        <translation>Não saiu a tempo</translation>
    </message>
    <message>
        <source>This report had already been sent today.</source>
        <translation>Este relatório já tinha sido enviado hoje.</translation>
    </message>
    <message>
        <source>Say where the report lies.</source>
        <translation>Diga onde fica o relatório.</translation>
    </message>
    <message>
        <source>Put {cnpj} in it: without it, every company would get the same picture.</source>
        <translation>Coloque {cnpj} nele: sem isso, todas as empresas receberiam a mesma imagem.</translation>
    </message>
    <message>
        <source>Something in braces is not understood.</source>
        <translation>Há algo entre chaves que não dá para entender.</translation>
    </message>
    <message>
        <source>Write the whole path, from the drive on.</source>
        <translation>Escreva o caminho completo, a partir da unidade.</translation>
    </message>
    <message>
        <source>The path must not go back with “..”.</source>
        <translation>O caminho não pode voltar com “..”.</translation>
    </message>
    <message>
        <source>Network folders are not allowed in the settings.</source>
        <translation>Pastas de rede não estão permitidas nas configurações.</translation>
    </message>
    <message>
        <source>This path cannot be used: it has a name or a sign that files cannot have.</source>
        <translation>Este caminho não pode ser usado: tem um nome ou sinal que arquivos não podem ter.</translation>
    </message>
    <message>
        <source>This address is not complete.</source>
        <translation>Este endereço está incompleto.</translation>
    </message>
    <message>
        <source>today %1</source>
        <translation>hoje %1</translation>
    </message>
    <message>
        <source>yesterday %1</source>
        <translation>ontem %1</translation>
    </message>
    <message>
        <source>%Y-%m-%d %H:%M</source>
        <comment>strftime: date and time</comment>
        <translation>%d/%m/%Y %H:%M</translation>
    </message>
    <message>
        <source>default</source>
        <translation>padrão</translation>
    </message>
    <message>
        <source>Open se&amp;ttings</source>
        <translation>Abrir c&amp;onfigurações</translation>
    </message>
    <message>
        <source>sends, reads and administers</source>
        <translation>envia, lê e administra</translation>
    </message>
    <message>
        <source>sends and reads</source>
        <translation>envia e lê</translation>
    </message>
    <message>
        <source>only sends</source>
        <translation>só envia</translation>
    </message>
    <message>
        <source>only reads</source>
        <translation>só lê</translation>
    </message>
    <message>
        <source>%1 · only for %2</source>
        <translation>%1 · somente para %2</translation>
    </message>
</context>
<context>
    <name>_TwoLines</name>
    <message>
        <source>%1  ·  no group registered</source>
        <translation>%1  ·  sem grupo cadastrado</translation>
    </message>
</context>
</TS>
