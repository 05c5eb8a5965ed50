/*
 * The part of QEMU's TCG plugin interface that plugin.c uses, declared from its documentation: types are opaque to plugins, and the
 * functions live in the QEMU program that loads the plugin. Debian ships no header for it.
 */
#ifndef DAMONLAB_QEMU_API_H
#define DAMONLAB_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t plugin_id;
typedef uint32_t mem_info;

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum cb_flags { CB_NO_REGS, CB_R_REGS, CB_RW_REGS };
enum mem_rw { MEM_R = 1, MEM_W, MEM_RW };

typedef void (*tb_trans_cb)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_cb)(plugin_id id, unsigned int vcpu);
typedef void (*exec_cb)(unsigned int vcpu, void *userdata);
typedef void (*mem_cb)(unsigned int vcpu, mem_info info, uint64_t vaddr, void *userdata);
typedef void (*exit_cb)(plugin_id id, void *userdata);
typedef void (*syscall_cb)(plugin_id id, unsigned int vcpu, int64_t num, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                           uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);
typedef void (*syscall_ret_cb)(plugin_id id, unsigned int vcpu, int64_t num, int64_t ret);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
bool qemu_plugin_mem_is_store(mem_info info);
unsigned int qemu_plugin_mem_size_shift(mem_info info);

void qemu_plugin_register_vcpu_init_cb(plugin_id id, vcpu_cb cb);
void qemu_plugin_register_vcpu_exit_cb(plugin_id id, vcpu_cb cb);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_cb cb, enum cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_cb cb, enum cb_flags flags, enum mem_rw rw, void *userdata);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, syscall_cb cb);
void qemu_plugin_register_vcpu_syscall_ret_cb(plugin_id id, syscall_ret_cb cb);
void qemu_plugin_register_atexit_cb(plugin_id id, exit_cb cb, void *userdata);

#endif
