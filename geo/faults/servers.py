"""Faults of a ledger in PostgreSQL."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

_AGAIN: Final = Words("稍后再记一次", "record it again in a moment")

SERVERS: Final = {
    "server.address": Fault(
        "error",
        Words("台账地址无法识别：{problem}", "this is no address of a ledger: {problem}"),
        Words(
            "写成 postgresql://用户@主机/数据库?schema=模式；密码放在 ~/.pgpass 或 PGPASSWORD 中，"
            "若写在地址里，特殊字符须写成 %XX",
            "write postgresql://user@host/database?schema=name; keep the password in ~/.pgpass or "
            "PGPASSWORD, or write its special characters as %XX",
        ),
    ),
    "server.at-sign": Fault(
        "error",
        Words(
            "台账地址中的 @ 不止主机名前的那一个",
            "the address of the ledger has an @ that is not the one before the host",
        ),
        Words(
            "把用户名、密码和选项中的 @ 写成 %40",
            "write @ as %40 in a user name, a password or an option",
        ),
    ),
    "server.unreachable": Fault(
        "error",
        Words("连不上数据库服务器：{problem}", "the database server does not answer: {problem}"),
        Words(
            "核对主机名和端口，确认服务器已启动且网络可达",
            "check the host and the port, that the server runs and that the network lets you "
            "reach it",
        ),
    ),
    "server.rejected": Fault(
        "error",
        Words("服务器不让此用户登录：{problem}", "the server does not let the user in: {problem}"),
        Words(
            "核对用户名和密码（地址、PGPASSWORD 或 ~/.pgpass），或请管理员在 pg_hba.conf 中放行",
            "check the name and the password (in the address, PGPASSWORD or ~/.pgpass), or ask "
            "the administrator for a line in pg_hba.conf",
        ),
    ),
    "server.database": Fault(
        "error",
        Words("服务器上没有这个数据库：{problem}", "the server has no such database: {problem}"),
        Words(
            "改正名称，或请管理员建库：createdb -E UTF8",
            "correct the name, or have it made: createdb -E UTF8",
        ),
    ),
    "server.postgis": Fault(
        "error",
        Words(
            "数据库中没有 PostGIS，也未能启用：{problem}",
            "the database has no PostGIS, and it cannot be added: {problem}",
        ),
        Words(
            "请管理员安装 PostGIS（如 Debian 的 postgresql-15-postgis-3），"
            "并在此库中执行 CREATE EXTENSION postgis",
            "ask the administrator to install it (Debian: postgresql-15-postgis-3) and to run "
            "CREATE EXTENSION postgis in this database",
        ),
    ),
    "server.encoding": Fault(
        "error",
        Words(
            "数据库的编码是 {seen}，不能保存所有文字",
            "the database is encoded in {seen}, which cannot hold every text",
        ),
        Words("另建一个 UTF8 数据库", "make another one: createdb -E UTF8 -T template0"),
    ),
    "server.missing": Fault(
        "error",
        Words("模式 {seen!r} 中没有台账", "there is no ledger in the schema {seen!r}"),
        Words(
            "核对地址中的数据库和 ?schema=，或先建台账",
            "check the database and ?schema= in the address, or create the ledger first",
        ),
    ),
    "server.exists": Fault(
        "error",
        Words("模式 {seen!r} 中已有台账", "there is a ledger in the schema {seen!r} already"),
        Words("换一个模式：?schema=…", "choose another schema: ?schema=…"),
    ),
    "server.version": Fault(
        "error",
        Words(
            "台账的格式是 {seen!r}，此版本只懂 {expected!r}",
            "the ledger is of the format {seen!r}; this version knows {expected!r}",
        ),
        Words("换用与之相应的 landready 版本", "use the landready that wrote it, or a newer one"),
    ),
    "server.read-only": Fault(
        "error",
        Words("此处只能读，未记入任何内容：{problem}", "nothing can be written here: {problem}"),
        Words(
            "连接主服务器而非备用服务器，或请管理员解除只读",
            "write at the primary server and not at its standby, or ask the administrator to open "
            "the database for writing",
        ),
    ),
    "server.rights": Fault(
        "error",
        Words("此用户权限不足：{problem}", "the user may not do this: {problem}"),
        Words(
            "请台账的所有者授权：landready ledger grant",
            "ask the owner of the ledger for it: landready ledger grant",
        ),
    ),
    "server.role": Fault(
        "error",
        Words("服务器上没有角色 {seen!r}", "the server has no role {seen!r}"),
        Words(
            "改正名称，或请管理员执行 CREATE ROLE",
            "correct the name, or ask the administrator for CREATE ROLE",
        ),
    ),
    "server.busy": Fault(
        "error",
        Words(
            "等不到：别人正在写同样的地块，或连接已满；未记入任何内容：{problem}",
            "others write about the same parcels, or there are too many of them; "
            "nothing was recorded: {problem}",
        ),
        _AGAIN,
    ),
    "server.lost": Fault(
        "error",
        Words(
            "与服务器的连接中断，未记入任何内容：{problem}",
            "the connection broke, and nothing was recorded: {problem}",
        ),
        _AGAIN,
    ),
    "server.in-doubt": Fault(
        "error",
        Words(
            "提交时连接中断，又连不上服务器：不知第 {first}–{last} 条是否已记入",
            "the connection broke while it was committed and the server does not answer: "
            "whether entries {first} to {last} were recorded is not known",
        ),
        Words(
            "服务器恢复后先查历史（landready history），没有再记",
            "when the server is back, look first (landready history), and record what is missing",
        ),
    ),
    "server.full": Fault(
        "error",
        Words(
            "服务器没有空间或内存了，未记入任何内容：{problem}",
            "the server has no room left, and nothing was recorded: {problem}",
        ),
        Words("请管理员腾出空间", "ask the administrator to make room"),
    ),
    "server.refused": Fault(
        "error",
        Words(
            "数据库拒绝了，未改动任何内容：{problem}",
            "the database refuses it, and nothing was changed: {problem}",
        ),
        Words(
            "按所述改正；若不明白，请把这句话交给管理员",
            "mend what it names, or show these words to its administrator",
        ),
    ),
    "server.text": Fault(
        "error",
        Words(
            "PostgreSQL 不能保存此文字中的字符 {character}：{seen}",
            "PostgreSQL cannot hold the character {character} of this text: {seen}",
        ),
        Words("删去该字符", "take that character out"),
    ),
    "server.fsync": Fault(
        "warning",
        Words(
            "服务器关闭了 {seen}：断电时可能丢失已记入的内容",
            "the server runs without {seen}: a power cut can lose what was recorded",
        ),
        Words(
            "请管理员在 postgresql.conf 中打开它",
            "ask the administrator to switch it on in postgresql.conf",
        ),
    ),
}
"""Faults of a ledger in PostgreSQL."""
