"""Faults of a cluster of workers."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

CLUSTERS: Final = {
    "cluster.not-installed": Fault(
        "error",
        Words("没有安装 Dask，不能用集群", "Dask is not installed, so there is no cluster"),
        Words(
            "运行 pip install 'landready[cluster]'，或去掉 --cluster",
            "run pip install 'landready[cluster]', or leave --cluster out",
        ),
    ),
    "cluster.unreachable": Fault(
        "error",
        Words("集群没有应答：{problem}", "the cluster does not answer: {problem}"),
        Words(
            "核对调度器地址（tcp://主机:8786），确认调度器和至少一个工作进程已启动；"
            "没有集群时写 --cluster local",
            "check the address of the scheduler (tcp://host:8786), that it runs and has a worker; "
            "without a cluster write --cluster local",
        ),
    ),
    "cluster.alone": Fault(
        "error",
        Words("集群的工作进程都已退出", "all workers of the cluster are gone"),
        Words("重新启动工作进程，再运行一次", "start workers again, then run again"),
    ),
    "cluster.killed": Fault(
        "error",
        Words(
            "集群的工作进程在同一片上多次退出：{problem}",
            "workers of the cluster died of one patch again and again: {problem}",
        ),
        Words(
            "多半是内存不足：加大 --worker-memory，或查看工作进程的日志",
            "most often they lack memory: give more with --worker-memory, or read their logs",
        ),
    ),
    "cluster.unfit": Fault(
        "error",
        Words(
            "集群的工作进程不能运行 landready：{problem}",
            "workers of the cluster cannot run landready: {problem}",
        ),
        Words(
            "在每个工作进程的环境里安装同一版本的 landready",
            "install the same landready in the environment of every worker",
        ),
    ),
    "cluster.versions": Fault(
        "error",
        Words(
            "工作进程 {seen} 的版本是 {other}，这里是 {needed}",
            "worker {seen} has {other} where this machine has {needed}",
        ),
        Words(
            "让各处版本一致：版本不同，末位数字就可能不同",
            "bring them in line: other versions may give other last digits",
        ),
    ),
}
