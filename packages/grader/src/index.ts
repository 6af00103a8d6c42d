export type { Judge, JudgeMessage, JudgeReply, JudgeRequest } from './judge.ts'
