"""Faults of the ledger: of its file, of writing to it, and of its chain."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

_RIGHT_FILE: Final = Words("核对文件名", "check the name of the file")
_RESTORE: Final = Words(
    "停止使用此文件，取回备份，再用 landready ledger verify 核对",
    "stop using the file, take the last backup, and compare with landready ledger verify",
)
_OTHER_NAME: Final = Words("换一个文件名", "choose another name")
_SPACE: Final = Words("清出空间后重做", "free some space, then do it again")

LEDGERS: Final[dict[str, Fault]] = {
    "ledger.missing": Fault(
        "error",
        Words("没有这个台账文件", "there is no such ledger"),
        Words(
            "核对文件名，或用 landready ledger new 新建",
            "check its name, or make one with landready ledger new",
        ),
    ),
    "ledger.exists": Fault(
        "error",
        Words("已有同名文件", "there is a file of this name already"),
        _OTHER_NAME,
    ),
    "ledger.stray-log": Fault(
        "error",
        Words(
            "旁边有 {seen}，而没有它所属的台账",
            "{seen} lies here without the ledger that it belongs to",
        ),
        Words(
            "找回那本台账，放在它旁边；否则把 {seen} 移走",
            "bring that ledger back beside it, or else move {seen} away",
        ),
    ),
    "ledger.create": Fault(
        "error",
        Words("台账无法新建：{seen}", "the ledger cannot be made: {seen}"),
        Words("检查文件夹、空间和权限", "check the folder, the space and the permissions"),
    ),
    "ledger.folder": Fault(
        "error", Words("是文件夹，不是台账", "it is a folder, not a ledger"), _RIGHT_FILE
    ),
    "ledger.no-file": Fault(
        "error",
        Words("是管道或设备，不是文件", "it is a pipe or a device, not a file"),
        _RIGHT_FILE,
    ),
    "ledger.unreadable": Fault(
        "error",
        Words("文件无法打开：{seen}", "the file cannot be opened: {seen}"),
        Words("请管理员给予读取权限", "ask whoever keeps the folder for the right to read it"),
    ),
    "ledger.empty": Fault(
        "error",
        Words("文件没有一个字节", "the file has not a single byte"),
        Words(
            "多半是复制或同步中断：重新复制，或取回备份",
            "copying or syncing it was cut short: copy it again, or take the last backup",
        ),
    ),
    "ledger.no-database": Fault(
        "error",
        Words("不是 SQLite 数据库", "it is no SQLite database"),
        _RIGHT_FILE,
    ),
    "ledger.other-database": Fault(
        "error",
        Words(
            "是别的数据库（如 GeoPackage），不是台账",
            "it is a database of another kind (a GeoPackage, for one), not a ledger",
        ),
        _RIGHT_FILE,
    ),
    "ledger.version": Fault(
        "error",
        Words(
            "台账的版本是 {seen}，本程序只认识版本 {expected}",
            "the ledger is of version {seen}; this landready knows version {expected}",
        ),
        Words("用写它的那个版本的 landready 打开", "open it with the landready that wrote it"),
    ),
    "ledger.old-sqlite": Fault(
        "error",
        Words("SQLite {seen} 太旧，台账需要 3.37", "SQLite {seen} is too old: a ledger needs 3.37"),
        Words("升级 Python（其中带有 SQLite）", "install a newer Python, which brings its SQLite"),
    ),
    "ledger.opened-to-read": Fault(
        "error",
        Words("台账只为读取而打开", "the ledger was opened to be read only"),
        Words("为写入而打开它", "open it to write"),
    ),
    "ledger.share": Fault(
        "info",
        Words(
            "台账在网络共享（{seen}）上：不用预写日志，写入较慢",
            "the ledger lies on a network share ({seen}): it is kept without a write-ahead log, "
            "which is slower",
        ),
        Words(
            "多人同时写入时改用 PostgreSQL 台账",
            "with many writers keep the ledger in PostgreSQL",
        ),
    ),
    "ledger.no-wal": Fault(
        "error",
        Words(
            "复制时缺了日志文件 {file}-wal：第 {row} 条以后的记录可能不在其中",
            "copied without its log {file}-wal: entries after number {row} may be missing",
        ),
        Words(
            "把 {file}-wal 一起复制来，或用 landready ledger backup 重新取一份；"
            "确认不要后面的记录时用 landready ledger adopt",
            "bring {file}-wal along, or take the copy with landready ledger backup; "
            "to carry on without what is missing: landready ledger adopt",
        ),
    ),
    "ledger.interrupted": Fault(
        "error",
        Words(
            "上次写入中断，须先收尾，而这里不能写：{seen}",
            "writing to it was interrupted and must be ended first, but nothing can be written "
            "here: {seen}",
        ),
        Words(
            "连同旁边的 -wal、-journal 文件复制到可写的文件夹再打开",
            "copy it, with the -wal or -journal beside it, to a folder that can be written to",
        ),
    ),
    "ledger.busy": Fault(
        "error",
        Words(
            "另一个程序正占用台账：{seen}；什么也没有写入",
            "another program holds the ledger: {seen}; nothing was written",
        ),
        Words(
            "问清谁打开着它（DB Browser、QGIS、备份程序），关闭后重做",
            "ask who has it open (DB Browser, QGIS, a backup program), close it there, "
            "and do it again",
        ),
    ),
    "ledger.full": Fault(
        "error",
        Words("磁盘已满：{seen}；什么也没有写入", "the disk is full: {seen}; nothing was written"),
        _SPACE,
    ),
    "ledger.read-only": Fault(
        "error",
        Words(
            "台账或其文件夹不能写：{seen}；什么也没有写入",
            "the ledger or its folder cannot be written to: {seen}; nothing was written",
        ),
        Words(
            "取得文件及其文件夹的写权限，或移到可写的磁盘",
            "get the right to write to the file and to its folder, or move both to another disk",
        ),
    ),
    "ledger.damaged": Fault(
        "error", Words("文件已损坏：{seen}", "the file is damaged: {seen}"), _RESTORE
    ),
    "ledger.refused": Fault(
        "error",
        Words(
            "记录不合台账的规则：{seen}；什么也没有写入",
            "an entry breaks a rule of the ledger: {seen}; nothing was written",
        ),
        Words("改正这条记录", "correct the entry"),
    ),
    "ledger.lost": Fault(
        "error",
        Words(
            "从第 {row} 条起写入后读不到：有人改动过文件的保护；什么也没有写入",
            "entries from {row} on were not there after writing them: somebody has changed what "
            "guards the file; nothing was written",
        ),
        _RESTORE,
    ),
    "ledger.failed": Fault(
        "error",
        Words("台账读写失败：{seen}；什么也没有写入", "it failed: {seen}; nothing was written"),
        Words(
            "检查磁盘、连接和空间，再做一次",
            "check the disk and its space, then try again",
        ),
    ),
    "ledger.unsure": Fault(
        "error",
        Words(
            "磁盘在最后一步失败：{seen}；不能确定记录是否已写入",
            "the disk failed at the very end: {seen}; whether the entries were written is unsure",
        ),
        Words(
            "检查磁盘；再次录入之前先用 landready history 查看",
            "check the disk, and look at landready history before you record them again",
        ),
    ),
    "ledger.backup": Fault(
        "error",
        Words("备份无法写出：{seen}", "the backup cannot be written: {seen}"),
        Words("检查磁盘空间、权限和文件名", "check space, permissions and the name"),
    ),
    "ledger.backup-open": Fault(
        "error",
        Words(
            "备份的目标正被使用：旁边有它的日志",
            "the target of the backup is in use: its log is beside it",
        ),
        _OTHER_NAME,
    ),
    "ledger.backup-itself": Fault(
        "error",
        Words("备份的目标就是台账本身", "the target of the backup is the ledger itself"),
        _OTHER_NAME,
    ),
    "ledger.backup-other": Fault(
        "error",
        Words(
            "此处已有文件，不是这本台账的备份",
            "there is a file here already that is no backup of this ledger",
        ),
        _OTHER_NAME,
    ),
    "ledger.backup-ahead": Fault(
        "error",
        Words(
            "已有的备份到第 {row} 条，而台账没有这一条：台账缺失记录，或两份各自续写",
            "the backup that is here ends with entry {row}, which this ledger has not: entries "
            "were lost, or two copies were both continued",
        ),
        Words(
            "保留这份备份，换一个文件名；用 landready ledger verify --head 查明",
            "keep that backup, choose another name, and look into it with "
            "landready ledger verify --head",
        ),
    ),
    "ledger.clock": Fault(
        "warning",
        Words(
            "电脑时钟倒退：现在是 {seen}，上一条记录于 {last}；按后者记录",
            "the clock runs backwards: it says {seen}, the last entry was recorded at {last}; "
            "the latter is written",
        ),
        Words("校准电脑时钟", "set the clock of this computer"),
    ),
    "ledger.format": Fault(
        "error",
        Words("台账的格式是 {seen!r}", "the format of the ledger is {seen!r}"),
        _RESTORE,
    ),
    "ledger.names": Fault(
        "error",
        Words("台账应有一个编号，却有 {seen} 个", "a ledger has one identity, and this has {seen}"),
        _RESTORE,
    ),
    "ledger.gap": Fault(
        "error",
        Words(
            "此处应是第 {expected} 条，却是第 {seen} 条",
            "entry {expected} is due here, and {seen} stands",
        ),
        _RESTORE,
    ),
    "ledger.chain": Fault(
        "error",
        Words(
            "与前一条不相接：前面的记录被改动、删除或来自别的副本",
            "it is not chained to the entry before: one was changed or removed, or comes from "
            "another copy",
        ),
        _RESTORE,
    ),
    "ledger.changed": Fault(
        "error",
        Words(
            "写入后被改动：与其哈希不符", "it was changed since it was written: its hash differs"
        ),
        _RESTORE,
    ),
    "ledger.time": Fault(
        "error",
        Words(
            "记录时间 {seen} 早于前一条的 {last}",
            "recorded at {seen}, earlier than {last} of the entry before",
        ),
        _RESTORE,
    ),
    "ledger.value": Fault(
        "error",
        Words("{field} 的值 {seen!r} 不合规则", "{field} cannot be {seen!r}"),
        _RESTORE,
    ),
    "ledger.supersedes": Fault(
        "error",
        Words(
            "更正第 {seen} 条，而它不存在或已被更正",
            "it corrects entry {seen}, which is not there or is corrected already",
        ),
        Words(
            "用 landready history 查看，再对最后一条更正",
            "look at landready history, then correct the last of these entries",
        ),
    ),
    "ledger.outline": Fault(
        "error",
        Words("第 {row} 条的轮廓被改动", "the outline that came with entry {row} was changed"),
        _RESTORE,
    ),
    "ledger.register": Fault(
        "error",
        Words(
            "第 {row} 条的图层轮廓有增减或改动",
            "outlines of the layer of entry {row} were added, removed or changed",
        ),
        _RESTORE,
    ),
    "ledger.cut": Fault(
        "error",
        Words(
            "只到第 {seen} 条，而已知有 {expected} 条：末尾缺失",
            "it ends with entry {seen}, and {expected} are known: the last ones are missing",
        ),
        _RESTORE,
    ),
    "ledger.head": Fault(
        "error",
        Words(
            "末条是第 {expected} 条，却只读到第 {seen} 条",
            "its last entry is {expected}, and what can be read ends with {seen}",
        ),
        _RESTORE,
    ),
    "ledger.fork": Fault(
        "error",
        Words(
            "第 {row} 条与已知的不同：是另一本台账，或被改写，或两份副本各自续写",
            "entry {row} is not the one that is known: another ledger, or a rewritten one, or two "
            "copies were both continued",
        ),
        Words(
            "找出应作准的那份，把另一份的新记录重新录入",
            "find the copy that counts, and record anew in it what the other one has",
        ),
    ),
    "ledger.integrity": Fault(
        "error", Words("SQLite 查出损坏：{seen}", "SQLite finds it damaged: {seen}"), _RESTORE
    ),
    "ledger.schema": Fault(
        "error",
        Words(
            "表、索引或触发器 {seen} 与台账的不同：有人改动过文件的保护",
            "the table, index or trigger {seen} is not that of a ledger: somebody has changed "
            "what guards the file",
        ),
        _RESTORE,
    ),
}
"""Faults of the ledger."""
